import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { borrowDatabase, type LentDatabase } from '../support/database/redis-databases.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import { savedBy, startWorkers, stopWorkers } from '../support/cli/workers.ts'

const server = await findService('redis')

/** One request, then what ends other programs, or keeps them from ending. */
const scenarios = {
  forgetful: `async run(user) {
    Promise.reject(new Error('nobody waits'))
    await user.request({ step: 'x', method: 'GET', path: '/' })
    await user.think(100)
  }`,
  unprepared: `prepare: () => new Promise(() => {}), async run(user) { await user.think(100) }`,
  endless: `async run(user) {
    await user.request({ step: 'x', method: 'GET', path: '/' })
    await user.think(1200)
    // Leaves the processors to other tests.
    const cell = new Int32Array(new SharedArrayBuffer(4))
    while (true) Atomics.wait(cell, 0, 0, 50)
  }`,
} as const

describe.skipIf(!server)('workers on a queue, whatever the scenario does', () => {
  let work: CliSandbox
  let place: LentDatabase
  let api: Server
  let workers: readonly RunningCli[] = []

  const load = (name: keyof typeof scenarios, ...flags: readonly string[]) =>
    work.run([
      'load',
      '--scenario',
      `${name}.mjs`,
      '--users=2',
      '--duration=2s',
      `--target=http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      '--workers=2',
      `--queue=${place.url}`,
      '--worker-wait=20s',
      ...flags,
    ])

  beforeAll(async () => {
    work = await createSandbox()
    place = await borrowDatabase(server!)
    api = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(api, 'listening')
    for (const [name, source] of Object.entries(scenarios)) {
      await writeFile(join(work.folder, `${name}.mjs`), `export default { name: '${name}', ${source} }`)
    }
    workers = await startWorkers(work, place.url, ['one', 'other'], ['--allow-scenarios', 'any'])
  })

  afterAll(async () => {
    await stopWorkers(workers)
    api.closeAllConnections()
    api.close()
    await place.remove()
    await work[Symbol.asyncDispose]()
  })

  // One after the other, by the same workers: what one scenario did must not keep them from the next.
  it('end in time, say why, and are there for the next run', async () => {
    const endless = await load('endless')
    expect(endless.stdout).toContain('did not return to the event loop for 8 s: an endless loop without await?')
    expect(endless.code).toBe(5)
    expect((await savedBy(work, endless)).load.requests).toBe(2)

    const unprepared = await load('unprepared', '--prepare-timeout', '2s')
    expect(unprepared.stderr).toContain('The scenario unprepared failed to prepare a user, so no request was sent')
    expect({ code: unprepared.code, stdout: unprepared.stdout }).toEqual({ code: 1, stdout: '' })

    const { load: found } = await savedBy(work, await load('forgetful'))
    expect(found).toMatchObject({ failures: 0, errors: found.requests, interrupted: false })
    expect(found.errorReasons).toEqual({ 'not awaited: nobody waits': found.requests })
    expect(found.requests).toBeGreaterThan(10)
  })
})
