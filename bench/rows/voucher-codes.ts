import { startBareWorker } from '../bare-worker.ts'
import { postRequest } from '../connection.ts'
import { drive } from '../load.ts'
import { startBenched } from '../product.ts'
import type { Row } from '../row.ts'
import { importVoucherCodes, makeVoucherList, voucherCodes } from '../vouchers.ts'

/** `BOON_VOUCHER_CODES=1000000` measures the largest list that there may be. */
const CODES = Number(process.env['BOON_VOUCHER_CODES'] ?? 100_000)
const PER_REQUEST = 5_000

export const row: Row = {
  row: 'voucher-codes',
  title: `import ${CODES.toLocaleString('en')} voucher codes from a file, against inserting them into one object`,
  unit: 'codes',
  atLeast: 0.3,
  rounds: 3,
  async prepare() {
    const bare = await startBareWorker('insert-codes.ts', { CODES: 'Codes' })
    const product = await startBenched()
    const codes = voucherCodes(CODES, 'BENCH')
    const file = Buffer.from(`code\r\n${codes.join('\r\n')}\r\n`)
    const bodies = Array.from({ length: Math.ceil(CODES / PER_REQUEST) }, (_, page) =>
      JSON.stringify(codes.slice(page * PER_REQUEST, (page + 1) * PER_REQUEST)),
    )
    let round = 0
    return {
      async baseline() {
        const path = `/?object=${++round}`
        const requests = bodies.map((body) => postRequest(path, body))
        return CODES / (await drive(bare.port, requests, 1))
      },
      async measured() {
        const listId = await makeVoucherList(product)
        const begun = performance.now()
        await importVoucherCodes(product, listId, file, CODES)
        return CODES / ((performance.now() - begun) / 1_000)
      },
      async stop() {
        await product.stop()
        await bare.stop()
      },
    }
  },
}
