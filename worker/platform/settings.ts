import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { durationMs } from './calendar.ts'
import { lineSchema, zoneSchema } from './contract.ts'

/** Whether a text is an origin in the very form that browsers send, for only that form ever matches one. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text
}

/** What an account has set. Changes through `PATCH /v1/settings`. */
export const settingsSchema = z.strictObject({
  name: lineSchema(200),
  timezone: zoneSchema,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency code of ISO 4217 such as INR'),
  /** How old an event may be and still trigger campaigns. */
  triggerWindow: z
    .string()
    .refine((text) => (durationMs(text) ?? -1) > 0, 'must be an ISO 8601 duration such as PT2H'),
  allowedOrigins: z
    .array(z.string().refine(isOrigin, 'must be an origin as browsers send it, such as https://shop.example'))
    .max(100),
})

/** The settings of an account. */
export type Settings = z.infer<typeof settingsSchema>

/** What an account starts with. */
export const defaultSettings: Settings = {
  name: 'Boon',
  timezone: 'UTC',
  currency: 'USD',
  triggerWindow: 'PT2H',
  allowedOrigins: [],
}

/** The `meta` row, which every hot path reads once a batch. */
export interface Meta {
  version: number
  keysVersion: number
  settings: Settings
}

/** Reads the `meta` row: one row, one hop. */
export async function readMeta(env: Env): Promise<Meta> {
  const row = await env.DB.prepare(
    'SELECT version, keys_version AS keysVersion, settings FROM meta WHERE id = 1',
  ).first<{ version: number; keysVersion: number; settings: string }>()
  if (row === null) throw new Error('The catalogue has no meta row; have the migrations been applied?')
  return { ...row, settings: { ...defaultSettings, ...JSON.parse(row.settings) } }
}

/** The statement that tells every isolate that what runs live has changed. */
export function bumpVersion(env: Env): D1PreparedStatement {
  return env.DB.prepare('UPDATE meta SET version = version + 1 WHERE id = 1')
}
