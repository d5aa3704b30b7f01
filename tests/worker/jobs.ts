import { ok } from './boon.ts'

/** A job as soon as it is as wanted. The pause between two looks lets the alarm that does the work go off. */
export async function jobWhen(id: string, isSo: (job: { status: string; done: number }) => boolean) {
  for (;;) {
    const job = await ok('GET', `/v1/jobs/${id}`)
    if (isSo(job)) return job
    await new Promise((done) => setTimeout(done, 2))
  }
}
