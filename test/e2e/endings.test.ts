import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

/** Scenarios that do what ends other programs, or keeps them from ending. */
const scenarios = {
  forgetful: `async run(user) {
    user.think(60000)
    Promise.reject(new Error('nobody waits'))
    await user.request({ step: 'x', method: 'GET', path: '/' })
    setTimeout(() => { throw new Error('nor here') })
    await user.think(100)
  }`,
  retrying: `async run(user) {
    for (;;) { try { await user.request({ step: 'x', method: 'GET', path: '/' }); await user.think(50) } catch {} }
  }`,
  endless: `async run(user) {
    await user.request({ step: 'x', method: 'GET', path: '/' })
    await user.think(100)
    while (true);
  }`,
  // As endless, but leaves the processors to other tests.
  stuck: `async run(user) {
    await user.request({ step: 'x', method: 'GET', path: '/' })
    await user.think(100)
    const cell = new Int32Array(new SharedArrayBuffer(4))
    while (true) Atomics.wait(cell, 0, 0, 50)
  }`,
  talkative: `run(user) { console.log('said'); return user.request({ step: 'x', method: 'GET', path: '/' }).then(() => user.think(50)) }`,
  lost: `run: (user) => user.request({ step: 'x', method: 'GET', path: 'none' })`,
  unprepared: `prepare: () => new Promise(() => {}), async run(user) { await user.think(100) }`,
  slowToPrepare: `prepare: () => new Promise((done) => setTimeout(done, 10)),
    run: (user) => user.request({ step: 'x', method: 'GET', path: '/' })`,
} as const

const ways = [
  ['in one thread', []],
  ['in two threads', ['--threads', '2']],
  ['in two processes', ['--workers', '2']],
] as const

describe('load --scenario, whatever the scenario does', () => {
  let work: CliSandbox
  let server: Server
  let origin: string
  let requests = 0

  beforeAll(async () => {
    work = await createSandbox()
    server = createServer((_request, response) => {
      requests++
      response.end('hello')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const [name, source] of Object.entries(scenarios)) {
      await writeFile(join(work.folder, `${name}.mjs`), `export default { name: '${name}', ${source} }`)
    }
  })

  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await work[Symbol.asyncDispose]()
  })

  const load = (name: keyof typeof scenarios, ...args: string[]) => [
    'load',
    '--scenario',
    `${name}.mjs`,
    '--target',
    origin,
    ...args,
  ]
  /** Accepts any exit code: on a busy machine the generator may have been late. */
  const reportOf = async (args: readonly string[]) =>
    JSON.parse((await work.run([...args, '--json'])).stdout) as LoadReport
  const saved = async () => (await readdir(join(work.folder, 'reports')).catch(() => [])).length

  it.each(ways)('counts what nobody awaits, and goes on, %s', async (_way, args) => {
    const { load: found } = await reportOf([...load('forgetful', '--users', '2', '--duration', '2s'), ...args])
    expect(found.requests).toBeGreaterThan(10)
    expect(Object.keys(found.errorReasons ?? {}).toSorted()).toEqual([
      'not awaited: nobody waits',
      'not awaited: nor here',
    ])
    expect(found).toMatchObject({ failures: 0, interrupted: false })
  })

  it.each(ways)('ends in its time though every error is caught, %s', async (_way, args) => {
    const begun = performance.now()
    const report = await work.runJson<LoadReport>([...load('retrying', '--users', '2', '--duration', '2s'), ...args])
    expect(report.load.seconds).toBeCloseTo(2, 0)
    expect(report.load).toMatchObject({ failures: 0, errors: 0 })
    // Not after a grace.
    expect(performance.now() - begun).toBeLessThan(9000)
  })

  it.each(ways)('gives up a loop that never ends, with all that was measured before, %s', async (_way, args) => {
    const before = await saved()
    const loop = args.length === 0 ? 'endless' : 'stuck'
    const { code, stdout } = await work.run([
      ...load(loop, '--users', '2', '--ramp-up', '0s', '--duration', '2s'),
      ...args,
    ])
    expect(stdout).toContain('did not return to the event loop for 8 s: an endless loop without await?')
    expect(stdout).toMatch(/^requests {3}2,/m)
    expect(code).toBe(5)
    expect(await saved()).toBeGreaterThan(before)
  })

  it.concurrent.each(ways)('does not wait for ever for a user that is never prepared, %s', async (_way, args) => {
    const { code, stdout, stderr } = await work.run([
      ...load('unprepared', '--users', '2', '--prepare-timeout', '2s'),
      ...args,
    ])
    expect(stderr).toContain('The scenario unprepared failed to prepare a user, so no request was sent: none has')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it.each(ways)('prepares as many users as a rate needs, %s', async (_way, args) => {
    const begun = performance.now()
    const report = await reportOf([...load('slowToPrepare', '--rate', '5/s', '--duration', '2s'), ...args])
    expect(report.load).toMatchObject({ requests: 10, skipped: 0 })
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  it.each(ways)('keeps what a scenario prints out of its results, %s', async (_way, args) => {
    const run = await work.run([...load('talkative', '--users', '2', '--duration', '1s', '--json'), ...args])
    expect(JSON.parse(run.stdout)).toMatchObject({ kind: 'load' })
    expect(run.stderr).toContain('said')
  })

  it('names the line of a mistake that is found deep in the client', async () => {
    const { code, stderr } = await work.run(load('lost', '--users', '1'))
    expect(stderr).toContain('The scenario lost is wrong at ')
    expect(stderr).toMatch(/lost\.mjs:1: path cannot be "none"/)
    expect(code).toBe(2)
  })

  it('measures nothing where no report can be saved', async () => {
    const before = requests
    const args = ['load', '--request', 'GET /', '--target', origin, '--duration', '1s', '--reports', 'lost.mjs']
    const { code, stderr } = await work.run(args)
    expect(stderr).toContain('The report cannot be saved as lost.mjs')
    expect({ code, requests }).toEqual({ code: 1, requests: before })
  })

  it.concurrent.each([
    ['pending', 'await new Promise(() => {})', 'its reading never ends'],
    ['exiting', 'process.exit(0)', 'it ended its own thread while it was read, with exit code 0'],
    ['throwing', 'throw null', 'null'],
    ['kept-open', 'setInterval(() => {}, 1000); await new Promise(() => {})', 'it was not read within 2 s'],
    ['looping', 'while (true);', 'it was not read within 2 s'],
  ])('refuses a file that is never read: %s', async (name, source, reason) => {
    const file = join(work.folder, `${name}.mjs`)
    await writeFile(file, `${source}\nexport default { name: 'a', run: () => {} }`)
    const args = ['load', '--scenario', file, '--target', origin, '--prepare-timeout', '2s']
    const { code, stdout, stderr } = await work.run(args)
    expect(stderr).toContain(`The scenario ${file} cannot be run: ${reason}`)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends in order at the first %s while a user is prepared', async (signal) => {
    const running = work.start(load('unprepared', '--users', '1'))
    await running.waitFor(/Preparing/)
    running.child.kill(signal)
    const { code, stdout } = await running.result
    expect(stdout).toMatch(/^report /m)
    expect(code).toBe(130)
  })

  it.each([
    ['in one thread', 'endless', []],
    ['in two processes', 'stuck', ['--workers', '2']],
  ] as const)('ends at once at the second signal, %s', async (_way, loop, args) => {
    const running = work.start([...load(loop, '--users', '2', '--duration', '60s'), ...args])
    // Both are in the loop by then.
    const [requested] = (await once(server, 'request')) as [unknown]
    expect(requested).toBeDefined()
    await new Promise((done) => setTimeout(done, 2500))
    running.child.kill('SIGINT')
    await new Promise((done) => setTimeout(done, 300))
    const pressed = performance.now()
    running.child.kill('SIGTERM')
    const { code } = await running.result
    expect(performance.now() - pressed).toBeLessThan(3000)
    expect(code).toBe(130)
  })
})
