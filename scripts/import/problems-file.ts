import { createWriteStream, rmSync, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import Papa from 'papaparse'
import type { Problem } from './mapping.ts'

/**
 * The file of lines that were not taken: `line,code,message`. It is made with the first problem, so that a clean import
 * leaves none; one left by an earlier run of the same import is taken away. Lines stand in the order in which they were
 * judged, which is nearly that of the file.
 */
export class ProblemsFile {
  readonly path: string
  count = 0
  #stream: WriteStream | undefined

  constructor(path: string) {
    this.path = path
    rmSync(path, { force: true })
  }

  add({ line, code, message }: Problem): void {
    this.#stream ??= this.#begin()
    this.count += 1
    this.#stream.write(`${Papa.unparse([[line, code, message]])}\n`)
  }

  async close(): Promise<void> {
    if (!this.#stream) return
    this.#stream.end()
    await finished(this.#stream)
  }

  #begin(): WriteStream {
    const stream = createWriteStream(this.path)
    stream.write('line,code,message\n')
    return stream
  }
}
