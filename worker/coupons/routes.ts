import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { changesBetween, mergePatch } from '../platform/edit.ts'
import { type App, issuesOf, operation, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { type Issue, invalid, type Refusal, refuse } from '../platform/problem.ts'
import { windowPassed } from '../platform/schedule.ts'
import { readMeta } from '../platform/settings.ts'
import { findWallet } from '../wallets/store.ts'
import {
  type CouponDefinition,
  couponDefinitionSchema,
  couponListQuery,
  couponParams,
  couponPatchSchema,
  couponSchema,
} from './contract.ts'
import { editRefusal } from './edits.ts'
import { factsOf } from './facts.ts'
import { presentCoupon } from './present.ts'
import { type CouponRow, changeCoupon, couponLedger, createCoupon, findCoupon, listCoupons } from './store.ts'

const unknownCoupon = (id: string) => refuse('not_found', `There is no coupon ${id}.`)
const codeExists = (code: string | undefined) =>
  refuse('code_exists', `The code ${code} belongs to another coupon that is not archived.`)

/** `/v1/coupons`: definition and lifecycle. */
export function couponRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/coupons',
      summary: 'Create a coupon as a draft',
      access: { scope: 'coupons:write' },
      body: couponDefinitionSchema,
      answers: { 201: couponSchema },
      refusals: ['code_exists'],
    },
    async ({ env, body, principal }) => {
      const nowMs = now()
      const fault = await validityFault(env, body, nowMs)
      if (fault !== undefined) return fault
      const row: CouponRow = {
        id: newId('cpn', nowMs),
        name: body.name,
        status: 'draft',
        audience: body.audience,
        definition: body,
        createdBy: principal.keyId,
        createdMs: nowMs,
        updatedMs: nowMs,
        startsMs: null,
        endsMs: null,
      }
      if (!(await createCoupon(env, row))) return codeExists(body.code)
      return reply(201, await answer(env, row))
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/coupons',
      summary: 'List coupons, newest first',
      access: { scope: 'coupons:read' },
      query: couponListQuery,
      answers: { 200: pageOf(couponSchema) },
    },
    async ({ env, query }) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
      const rows = await listCoupons(env, { status: query.status, q: query.q }, query.limit, after)
      const page = toPage(
        rows,
        query.limit,
        (row) => row.id,
        (row) => answer(env, row),
      )
      return reply(200, { ...page, data: await Promise.all(page.data) })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/coupons/{couponId}',
      summary: 'One coupon with its stock',
      access: { scope: 'coupons:read' },
      params: couponParams,
      answers: { 200: couponSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const row = await findCoupon(env, params.couponId)
      return row === undefined ? unknownCoupon(params.couponId) : reply(200, await answer(env, row))
    },
  )

  operation(
    app,
    {
      method: 'patch',
      path: '/v1/coupons/{couponId}',
      summary: 'Change a coupon: what is named replaces, null removes',
      access: { scope: 'coupons:write' },
      params: couponParams,
      body: couponPatchSchema,
      answers: { 200: couponSchema },
      refusals: ['not_found', 'not_editable', 'code_exists'],
    },
    async ({ env, params, body }) => {
      const row = await findCoupon(env, params.couponId)
      if (row === undefined) return unknownCoupon(params.couponId)
      const merged = mergePatch(row.definition, body, ['effect', 'activation'])
      const definition = couponDefinitionSchema.safeParse(merged)
      if (!definition.success) return invalid(issuesOf(definition.error))
      const refusal = await change(env, row, definition.data, now())
      return refusal ?? reply(200, await answer(env, (await findCoupon(env, row.id)) ?? row))
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/coupons/{couponId}/publish',
      summary: 'Publish a coupon',
      access: { scope: 'coupons:write' },
      params: couponParams,
      answers: {
        200: z.object({
          coupon: couponSchema,
          warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })),
        }),
      },
      refusals: ['not_found', 'wrong_status', 'not_publishable'],
    },
    async ({ env, params }) => {
      const row = await findCoupon(env, params.couponId)
      if (row === undefined) return unknownCoupon(params.couponId)
      const nowMs = now()
      const { settings } = await readMeta(env)
      const facts = factsOf(row.id, row.definition, settings.timezone, nowMs)
      if (Array.isArray(facts)) return invalid(facts)
      const ledger = couponLedger(env, row.id)
      const before = await ledger.stats()
      if (before.status !== 'draft') return wrongStatus('publish', before.status)
      const issues = [
        ...windowPassed(row.definition.validity, facts, nowMs, 'validity'),
        ...(await cashbackFaults(env, row.definition)),
      ]
      if (issues.length > 0) return notPublishable(issues)
      if ((await ledger.define(facts, 'publish')) === 'wrong_status')
        return wrongStatus('publish', 'published')
      const published = (await findCoupon(env, row.id)) ?? row
      if (changesBetween(row.definition, published.definition).length > 0)
        await tellLedger(env, published, nowMs)
      const warnings =
        row.definition.kind === 'bulk' && before.stock?.available === 0
          ? [{ code: 'no_codes', message: 'This coupon has no codes yet; generate or import them.' }]
          : []
      return reply(200, { coupon: await answer(env, published), warnings })
    },
  )

  for (const verb of ['pause', 'resume', 'end', 'archive'] as const) {
    operation(
      app,
      {
        method: 'post',
        path: `/v1/coupons/{couponId}/${verb}`,
        summary: `${verb[0]?.toUpperCase()}${verb.slice(1)} a coupon`,
        access: { scope: 'coupons:write' },
        params: couponParams,
        answers: { 200: couponSchema },
        refusals: ['not_found', 'wrong_status'],
      },
      async ({ env, params }) => {
        const row = await findCoupon(env, params.couponId)
        if (row === undefined) return unknownCoupon(params.couponId)
        const status = await couponLedger(env, row.id).apply(row.id, verb)
        if (status === 'wrong_status') return wrongStatus(verb, row.status)
        return reply(200, await answer(env, { ...row, status }))
      },
    )
  }
}

async function answer(env: Env, row: CouponRow) {
  return presentCoupon(row, await couponLedger(env, row.id).stats())
}

async function validityFault(
  env: Env,
  definition: CouponDefinition,
  nowMs: number,
): Promise<Refusal | undefined> {
  const { settings } = await readMeta(env)
  const facts = factsOf('', definition, settings.timezone, nowMs)
  return Array.isArray(facts) ? invalid(facts) : undefined
}

/** Writes a changed definition: into the catalogue and, once the coupon is published, into its ledger. */
async function change(
  env: Env,
  row: CouponRow,
  definition: CouponDefinition,
  nowMs: number,
): Promise<Refusal | undefined> {
  const facts = await factsAfter(env, row, definition, nowMs)
  if (Array.isArray(facts)) return invalid(facts)
  const ledger = couponLedger(env, row.id)
  const { status, stock, busy } = await ledger.stats()
  const refusal = editRefusal(status, row.definition, definition)
  if (refusal !== undefined) return refusal
  if (definition.kind !== row.definition.kind && (busy || (stock?.total ?? 0) > 0)) {
    const issues = [{ path: 'kind', message: 'cannot change once the coupon has codes of its own' }]
    return refuse('not_editable', `kind: ${issues[0]?.message}.`, { issues })
  }
  const changes = changesBetween(row.definition, definition)
  if (changes.length === 0) return undefined
  if (status !== 'draft' && changes.some(({ path }) => path.startsWith('validity.'))) {
    const start = status === 'scheduled' ? definition.validity.start : 'now'
    const passed = windowPassed({ start }, facts, nowMs, 'validity')
    if (passed.length > 0) return notPublishable(passed)
  }
  const outcome = await changeCoupon(env, row, definition, nowMs)
  if (outcome === 'code_exists') return codeExists(definition.code)
  if (outcome === 'overtaken') {
    return refuse('not_editable', 'Somebody else changed the coupon at the same moment; read it again.')
  }
  // Asked again after the write: whoever published meanwhile has either seen this definition or is seen here.
  if ((await ledger.stats()).status !== 'draft') await ledger.define(facts, 'edit')
  return undefined
}

/** The facts of a coupon that is changed. `now` was the moment of publishing, which a later edit does not move. */
async function factsAfter(env: Env, row: CouponRow, definition: CouponDefinition, nowMs: number) {
  const { settings } = await readMeta(env)
  const startedMs = row.definition.validity.start === 'now' ? row.startsMs : null
  return factsOf(row.id, definition, settings.timezone, startedMs ?? nowMs)
}

/** Tells the ledger what a coupon is now, because it was changed while it was being published. */
async function tellLedger(env: Env, row: CouponRow, nowMs: number): Promise<void> {
  const facts = await factsAfter(env, row, row.definition, nowMs)
  if (!Array.isArray(facts)) await couponLedger(env, row.id).define(facts, 'edit')
}

async function cashbackFaults(env: Env, { effect }: CouponDefinition): Promise<Issue[]> {
  if (effect.as === 'discount' || (await findWallet(env, effect.as.cashback)) !== undefined) return []
  return [{ path: 'effect.as.cashback', message: `there is no wallet ${effect.as.cashback}` }]
}

function wrongStatus(verb: string, status: string): Refusal {
  return refuse('wrong_status', `A coupon that is ${status} cannot be asked to ${verb}.`)
}

function notPublishable(issues: Issue[]): Refusal {
  return refuse('not_publishable', `${issues[0]?.path}: ${issues[0]?.message}`, { issues })
}
