import { desc, eq, lt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import type { Wallet, WalletPatch } from './contract.ts'
import { wallets } from './tables.ts'

/** A wallet as the catalogue keeps it. */
export type WalletRow = typeof wallets.$inferSelect

/** A wallet row as the contract shows it. */
export function presentWallet(row: WalletRow): Wallet {
  const { createdMs, ...wallet } = row
  return { ...wallet, createdAt: formatInstant(createdMs) }
}

/** Writes down a new wallet. */
export async function createWallet(env: Env, wallet: WalletRow): Promise<void> {
  await drizzle(env.DB).insert(wallets).values(wallet)
}

/** Finds a wallet; undefined when there is none. */
export async function findWallet(env: Env, id: string): Promise<WalletRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(wallets).where(eq(wallets.id, id))
  return row
}

/** Reads a page of wallets, newest first; one row more than `limit`. */
export async function listWallets(
  env: Env,
  limit: number,
  afterId: string | undefined,
): Promise<WalletRow[]> {
  return drizzle(env.DB)
    .select()
    .from(wallets)
    .where(afterId === undefined ? undefined : lt(wallets.id, afterId))
    .orderBy(desc(wallets.id))
    .limit(limit + 1)
}

/** Changes the names of a wallet; what is absent stays. */
export async function renameWallet(env: Env, id: string, names: WalletPatch): Promise<WalletRow | undefined> {
  const [row] = await drizzle(env.DB).update(wallets).set(names).where(eq(wallets.id, id)).returning()
  return row
}
