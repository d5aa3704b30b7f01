import { DurableObject } from 'cloudflare:workers'
let shared = 0
export class Intake extends DurableObject { ping() { return ++shared } }
export class CampaignLedger extends DurableObject {}
export class CouponLedger extends DurableObject {}
export default { async fetch(req: Request, env: any) { const u = new URL(req.url); if (u.pathname === '/boon.js') return env.ASSETS.fetch(req); shared++; const x = await env.INTAKE.get(env.INTAKE.idFromName('a')).ping(); const t = await env.DB.prepare('select 1 as a').first(); return Response.json({ x, shared, t, mode: env.BOON_MODE }) } }
