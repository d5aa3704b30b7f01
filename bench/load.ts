import { Connection } from './connection.ts'

/**
 * Sends all requests over `clients` connections, each of which sends its next request when the last is answered.
 * Answers how long that took, in seconds, connecting not included. Throws on the first answer that is not a success.
 */
export async function drive(port: number, requests: Buffer[], clients: number): Promise<number> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(port)))
  let next = 0
  const begun = performance.now()
  try {
    await Promise.all(
      connections.map(async (connection) => {
        for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
          const { status, body } = await connection.send(request)
          if (status >= 300) throw new Error(`Answered ${status}: ${body.toString('utf8', 0, 300)}`)
        }
      }),
    )
    return (performance.now() - begun) / 1000
  } finally {
    for (const connection of connections) connection.close()
  }
}
