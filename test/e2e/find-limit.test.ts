import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

/** An API that answers after 10 ms, and much later to the third and all others who ask at the same time. */
function createApi(): Server {
  let present = 0
  return createServer((_request, response) => {
    const ms = ++present > 2 ? 150 : 10
    setTimeout(() => {
      present--
      response.end('done')
    }, ms)
  })
}

describe('load --find-limit', () => {
  let work: CliSandbox
  const api = createApi()

  beforeAll(async () => {
    work = await createSandbox()
    api.listen(0, '127.0.0.1')
    await once(api, 'listening')
  })

  afterAll(async () => {
    api.closeAllConnections()
    api.close()
    await work[Symbol.asyncDispose]()
  })

  it('finds the users that an API can take, and says how sure that is', async () => {
    const file = join(work.folder, 'ask.mjs')
    await writeFile(
      file,
      `export default { name: 'ask', run: (user) => user.request({ step: 'ask', method: 'GET', path: '/' }) }`,
    )
    const target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    // Together: in so short a trial, users that begin one after the other would leave the API to the first of them for long.
    const users = ['--users', '1', '--ramp-up', '0s', '--duration', '1s']
    const args = ['load', '--scenario', file, '--target', target, ...users]
    const limit = 'response_time.p50<80ms and failures<=0%'
    const report = await work.runJson<LoadReport>([...args, '--find-limit', limit])
    expect(report.limit).toMatchObject({
      expression: limit,
      raised: 'users',
      held: { level: 2, trials: 3 },
      failed: { level: 3, trials: 3 },
    })
    const levels = new Set(report.limit!.trials.map(({ level }) => level))
    expect([...levels]).toEqual([1, 2, 4, 3])
    expect(report.load).toMatchObject({ users: 2, failures: 0 })
    expect(report.thresholds).toMatchObject([
      { metric: 'response_time.p50', passed: true },
      { metric: 'failures', passed: true },
    ])
  })

  it('is red when no load held, though the last trial met the conditions', async () => {
    const file = join(work.folder, 'stay.mjs')
    await writeFile(
      file,
      `export default { name: 'stay', async run(user) {
         await user.request({ step: 'ask', method: 'GET', path: '/' })
         await user.think(60000)
       } }`,
    )
    const target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    const args = ['load', '--scenario', file, '--target', target, '--rate', '1/s', '--max-in-flight', '1']
    const { code, stdout } = await work.run([...args, '--duration', '2s', '--find-limit', 'failures<=0%'])
    expect(stdout).toMatch(/^limit {6}not even 1 iteration a second holds failures<=0% \(held in 0 of 3 trials\)$/m)
    expect(stdout).toMatch(/^met {8}failures<=0%/m)
    expect(code).toBe(3)
  })
})
