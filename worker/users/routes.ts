import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, issuesOf, operation, reply } from '../platform/http.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid, refuse } from '../platform/problem.ts'
import {
  bulkUsersSchema,
  type Rejection,
  rejectionSchema,
  timelineItemSchema,
  userParams,
  userPatchSchema,
  userSchema,
  userWithIdSchema,
} from './contract.ts'
import { findUser, patchUsers, type UserPatchWithId } from './store.ts'
import { eraseUser, readTimeline, type UserRecord } from './timeline.ts'

/** What the other rooms keep of a user, so that the timeline shows it and erasing takes it away. */
export interface UserRoutesOptions {
  records: UserRecord[]
  /** Takes a user's name out of the objects that remember it; counters stay. Called before the rows go. */
  forget: (env: Env, userId: string) => Promise<void>
  /** Called once the rows are gone. */
  erased: (env: Env, userId: string) => Promise<void>
}

const unknownUser = (userId: string) => refuse('not_found', `There is no user ${userId}.`)

/** `/v1/users`: profiles, timeline, erasure. */
export function userRoutes(app: App, options: UserRoutesOptions): void {
  operation(
    app,
    {
      method: 'put',
      path: '/v1/users/{userId}',
      summary: 'Create a user or change what is known of them',
      access: { scope: 'users:write' },
      params: userParams,
      body: userPatchSchema,
      answers: { 200: userSchema },
    },
    async ({ env, params, body }) => {
      await patchUsers(env, [{ id: params.userId, ...body }], now())
      return reply(200, await findUser(env, params.userId))
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/users',
      summary: 'Create or change up to 1,000 users',
      access: { scope: 'users:write' },
      body: bulkUsersSchema,
      shownBody: z.strictObject({ users: z.array(userWithIdSchema).min(1).max(1_000) }),
      answers: { 200: z.object({ accepted: z.int(), rejected: z.array(rejectionSchema) }) },
    },
    async ({ env, body }) => {
      const accepted: UserPatchWithId[] = []
      const rejected: Rejection[] = []
      body.users.forEach((raw, index) => {
        const user = userWithIdSchema.safeParse(raw)
        if (user.success) accepted.push(user.data)
        else {
          const issue = issuesOf(user.error)[0]
          rejected.push({ index, code: 'invalid', message: `${issue?.path || 'user'}: ${issue?.message}` })
        }
      })
      if (accepted.length > 0) await patchUsers(env, accepted, now())
      return reply(200, { accepted: accepted.length, rejected })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/users/{userId}',
      summary: 'One user',
      access: { scope: 'users:read' },
      params: userParams,
      answers: { 200: userSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const user = await findUser(env, params.userId)
      return user === undefined ? unknownUser(params.userId) : reply(200, user)
    },
  )

  operation(
    app,
    {
      method: 'delete',
      path: '/v1/users/{userId}',
      summary: 'Erase a user: personal data goes, counters stay',
      access: { scope: 'users:write' },
      params: userParams,
      answers: { 204: 'Erased' },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      if ((await findUser(env, params.userId)) === undefined) return unknownUser(params.userId)
      await options.forget(env, params.userId)
      await eraseUser(env, options.records, params.userId)
      await options.erased(env, params.userId)
      return reply(204)
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/users/{userId}/timeline',
      summary: 'What a user has been through, newest first',
      access: { scope: 'users:read' },
      params: userParams,
      query: pageQuery,
      answers: { 200: pageOf(timelineItemSchema) },
      refusals: ['not_found'],
    },
    async ({ env, params, query }) => {
      const place = query.cursor === undefined ? undefined : placeOf(query.cursor)
      if (place === null) return invalid([{ path: 'cursor', message: 'was not made by this list' }])
      const items = await readTimeline(env, options.records, params.userId, place, query.limit)
      if (items.length === 0 && (await findUser(env, params.userId)) === undefined) {
        return unknownUser(params.userId)
      }
      return reply(
        200,
        toPage(
          items,
          query.limit,
          (item) => `${item.atMs} ${item.id}`,
          ({ atMs: _, ...item }) => item,
        ),
      )
    },
  )
}

function placeOf(cursor: string): { atMs: number; id: string } | null {
  const [, atMs, id] = /^(-?\d+) (.+)$/su.exec(decodeCursor(cursor) ?? '') ?? []
  return atMs === undefined || id === undefined ? null : { atMs: Number(atMs), id }
}
