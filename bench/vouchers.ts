import { type BenchedProduct, KEY } from './product.ts'

const POLL_MS = 20

/** So many codes as partners send them, all different, those of each prefix too. */
export function voucherCodes(count: number, prefix: string): string[] {
  // A prime step walks over all numbers before it repeats one, in no visible order.
  return Array.from({ length: count }, (_, at) => {
    const number = (at * 7_368_787) % 10_000_000
    return `${prefix}-${String(number).padStart(7, '0')}-${at.toString(36).toUpperCase().padStart(5, '0')}`
  })
}

/** Makes a voucher list; answers its id. */
export async function makeVoucherList(product: BenchedProduct): Promise<string> {
  const partner = await product.ask<{ id: string }>('POST', '/v1/partners', { name: 'Bench' })
  const list = await product.ask<{ id: string }>('POST', '/v1/voucher-lists', {
    partnerId: partner.id,
    tag: 'bench',
    name: 'Bench',
    expiresAt: '2099-12-31T00:00:00Z',
  })
  return list.id
}

/** Imports a file of codes and waits until all are there. */
export async function importVoucherCodes(
  product: BenchedProduct,
  listId: string,
  file: Buffer<ArrayBuffer>,
  count: number,
): Promise<void> {
  const answer = await fetch(`${product.url}/v1/voucher-lists/${listId}/codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'text/csv' },
    body: file,
  })
  let job = (await answer.json()) as { id: string; status: string; imported: number }
  if (answer.status !== 202)
    throw new Error(`The upload was answered ${answer.status}: ${JSON.stringify(job)}`)
  while (job.status === 'running') {
    await new Promise((done) => setTimeout(done, POLL_MS))
    job = await product.ask('GET', `/v1/jobs/${job.id}`)
  }
  if (job.imported !== count) throw new Error(`${job.imported} codes of ${count}: ${JSON.stringify(job)}`)
}
