import { freePort } from '../scripts/free-port.ts'
import { caller } from '../scripts/http-call.ts'
import { startLocal } from '../scripts/local.ts'
import { removeFolder, temporaryFolder } from '../scripts/temporary-folder.ts'

export interface BenchedProduct {
  url: string
  port: number
  /** Calls the product and gives the body back; throws on anything but success. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>
  stop(): Promise<void>
}

/** The secret key of local mode. */
export const KEY = 'sk_local_boon'

/**
 * Starts the built product inside this process, on an empty state, through a direct socket: without the test clock,
 * unless what is measured needs a receiver on this machine, which only local mode sends to.
 */
export async function startBenched(mode: 'production' | 'local' = 'production'): Promise<BenchedProduct> {
  const state = temporaryFolder('bench')
  const port = await freePort()
  const { url, stop } = await startLocal({ port, state, mode })
  const call = caller(url)
  return {
    url,
    port,
    async ask<T>(method: string, path: string, body?: unknown) {
      const answer = await call(method, path, body)
      if (answer.status >= 300)
        throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`)
      return answer.json as T
    },
    async stop() {
      await stop()
      removeFolder(state)
    },
  }
}
