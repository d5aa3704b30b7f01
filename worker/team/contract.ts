import { z } from '@hono/zod-openapi'
import { scopes } from '../platform/auth.ts'
import { lineSchema } from '../platform/contract.ts'
import { settingsSchema } from '../platform/settings.ts'

/** The body of `POST /v1/keys`. */
export const keyInputSchema = z
  .strictObject({
    name: lineSchema(200),
    kind: z.enum(['secret', 'publishable']),
    scopes: z.array(z.enum(scopes)).min(1).optional(),
  })
  .refine((key) => key.kind === 'secret' || key.scopes === undefined, {
    path: ['scopes'],
    message: 'are for secret keys; a publishable key works for the tray only',
  })

/** A new key, as answered: the only time that it is shown. */
export const newKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['secret', 'publishable']),
  scopes: z.array(z.string()).nullable(),
  key: z.string(),
  createdAt: z.string(),
})

/** The path of one key. */
export const keyParams = z.object({ keyId: z.string() })

/** The body of `PATCH /v1/settings`: what is absent stays. */
export const settingsPatchSchema = settingsSchema.partial()

/** The settings, as answered. */
export const settingsAnswerSchema = settingsSchema.openapi('Settings')
