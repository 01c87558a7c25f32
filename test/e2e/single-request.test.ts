import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliResult, type CliSandbox } from '../support/cli/sandbox.ts'
import { requireMade, savedBy, sumsOf } from '../support/cli/workers.ts'

describe('load --request', () => {
  let work: CliSandbox
  let target: string
  let seen: string[] = []
  const api = createServer((request, response) => {
    const { url, method, headers } = request
    void request.toArray().then((chunks) => {
      if (url === '/booking') seen.push(`${method} ${headers.authorization} ${headers.cookie} ${chunks.join('')}`)
      response.statusCode = 201
      response.end('made')
    })
  })

  beforeAll(async () => {
    work = await createSandbox()
    api.listen(0, '127.0.0.1')
    await once(api, 'listening')
    target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    await writeFile(join(work.folder, 'booking.json'), '{"seat":7}')
  })
  beforeEach(() => void (seen = []))
  afterAll(async () => {
    api.closeAllConnections()
    api.close()
    await work[Symbol.asyncDispose]()
  })

  const load = (...flags: string[]): Promise<CliResult> =>
    work.run(['load', '--target', target, '--request', 'post /booking', '--body', '@booking.json', ...flags])
  const secret = ['--header', 'Authorization: Bearer hidden', '--header', 'Cookie: a=1', '--header', 'Cookie: b=hidden']

  async function expectAll(result: CliResult, requests: number): Promise<LoadReport> {
    requireMade(result)
    const report = await savedBy(work, result)
    expect(seen).toHaveLength(requests)
    expect(new Set(seen)).toEqual(new Set(['POST Bearer hidden a=1; b=hidden {"seat":7}']))
    expect(report.load).toMatchObject({ requests, failures: 0, steps: [{ name: 'POST /booking', meanBytes: 4 }] })
    return report
  }

  it('sends one request over and over, holds thresholds, and leaves no ledger', async () => {
    // More than the setting of the same name, which seeding has, allows.
    const size = ['--connections', '100', '--requests', '500', '--threshold', 'service_time.p50<0.001ms']
    const { code, stdout, stderr } = await load(...size, ...secret)
    // On a busy machine the generator may have been the bottleneck, which is said first.
    expect([3, 5]).toContain(code)
    expect(stdout).toContain('by one request after the other on each connection')
    expect(stdout).toMatch(/^service time +requests .*\nPOST \/booking +500 +0 /m)
    expect(stdout).not.toContain('response time')
    expect(stdout).toMatch(/^NOT MET {4}service_time.p50<0.001ms/m)
    expect(stdout + stderr).not.toMatch(/ledger|Auditing/)
    const report = await expectAll({ code: 0, stdout, stderr }, 500)
    const model = { kind: 'saturation', engine: 'rushbench', connections: 100, requests: 500, durationMs: null }
    expect(report.load.model).toEqual({ ...model, request: 'POST /booking', bodyBytes: 10, expect: '2xx,304' })
    expect(report.ledger).toBe(undefined)
    const files = await readdir(join(work.folder, 'reports'))
    expect(files.filter((name) => name.includes('ledger'))).toEqual([])
    for (const file of files) expect(await readFile(join(work.folder, 'reports', file), 'utf8')).not.toContain('hidden')
    expect((await work.run(['load', '--connections', '5'])).code, 'without a request').toBe(2)
  })

  it.each([['--threads'], ['--workers']])('shares requests among %s to the last one', async (generators) => {
    const report = await expectAll(
      await load('--connections', '5', '--requests', '101', generators, '2', ...secret),
      101,
    )
    expect(report.load.users).toBe(5)
    if (generators === '--workers') expect(sumsOf(report).workers).toEqual({ requests: 101, failures: 0 })
  })

  it('keeps a rate, and counts response time from when a request was due', async () => {
    const result = await load(
      '--rate',
      '100/s',
      '--arrivals',
      'constant',
      '--duration',
      '1s',
      '--threads',
      '2',
      ...secret,
    )
    const { load: figures } = await expectAll(result, 100)
    expect(figures.model).toMatchObject({ kind: 'open', ratePerSecond: 100, request: 'POST /booking', bodyBytes: 10 })
    expect(result.stdout).toMatch(/^100 requests a second \(constant arrivals\), /m)
    expect(result.stdout).toContain('skipped    0 of 100 requests')
    expect(result.stdout).toMatch(/^response time +requests/m)
  })

  it('looks for the most connections that hold a limit', async () => {
    const search = ['--connections', '1', '--duration', '1s', '--find-limit', 'failures<=50% and rps<1', ...secret]
    const result = await load(...search)
    expect(result.stdout).toMatch(/not even 1 connection holds/)
    expect((await savedBy(work, result)).limit).toMatchObject({ raised: 'connections', failed: { level: 1 } })
  })

  it('judges answers by the statuses that are expected', async () => {
    const result = await load('--connections', '1', '--requests', '5', '--expect', '200')
    expect(result.stdout).toContain('failures   5 (100%): status 201 5')
  })

  it('refuses what autocannon counts wrong, and is a second opinion by it otherwise', async () => {
    const second = ['--engine', 'autocannon', '--connections', '1']
    const refused = await load(...second, '--requests', '10', ...secret)
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('sends only the last of two headers')])
    expect((await load(...second, '--rate', '5/s')).code).toBe(2)
    const { stdout } = await load(...second, '--requests', '10', '--header', 'Authorization: x')
    expect(stdout).toMatch(/^1 connection of autocannon, /m)
    expect(stdout).toMatch(/^POST \/booking +10 +0 /m)
  })
})

describe.runIf(process.platform === 'linux')('load --request with few file descriptors', () => {
  it('refuses more connections than it may open, and fails what it cannot open at a rate in time', async () => {
    await using work = await createSandbox()
    const api = createServer((_request, response) => void setTimeout(() => response.end(), 500))
    api.listen(0, '127.0.0.1')
    await once(api, 'listening')
    try {
      const target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
      const env = { RUSHBENCH_TEST_HOST: 'prlimit --nofile=80:80' }
      const request = ['load', '--target', target, '--request', 'GET /', '--duration', '1s']
      const refused = await work.run([...request, '--connections', '100'], env)
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/100 connections cannot be opened.*ulimit -n/s),
      ])
      const { stdout } = await work.run([...request, '--rate', '400/s'], env)
      expect(stdout).toMatch(/too many open files [\d,]+/)
      const report = await savedBy(work, { code: 0, stdout, stderr: '' })
      // On a busy machine the last may come too late to be sent.
      expect(report.load.requests + (report.load.skipped ?? 0)).toBe(400)
      expect(report.load.requests).toBeGreaterThan(300)
      expect(report.load.seconds).toBeLessThan(3)
    } finally {
      api.closeAllConnections()
      api.close()
    }
  })
})
