import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const shopScenarios = fileURLToPath(new URL('../../fixtures/scenarios/shop.ts', import.meta.url))

/** The API that the example is written for; it remembers what it was asked. */
async function startShop(): Promise<{ readonly server: Server; readonly origin: string; readonly seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    const { method, url, headers } = request
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      seen.push(`${method} ${url} ${headers.authorization ?? ''} ${body}`)
      if (url === '/products') return response.end('[{"id":1,"stock":2},{"id":2,"stock":0},{"id":3,"stock":5}]')
      // One of the two is always sold out by the time it is ordered.
      response.statusCode = method === 'PUT' ? (body === '{"product":3}' ? 409 : 201) : 404
      return response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

describe('load --scenario', () => {
  let work: CliSandbox
  let shop: Awaited<ReturnType<typeof startShop>>

  beforeAll(async () => {
    work = await createSandbox()
    shop = await startShop()
  })

  afterAll(async () => {
    shop.server.closeAllConnections()
    shop.server.close()
    await work[Symbol.asyncDispose]()
  })

  const load = (file: string) => ['load', '--scenario', file, '--target', shop.origin, '--duration', '2s']

  it("runs a person's own in two threads against their own API, which needs no database of ours", async () => {
    shop.seen.length = 0
    const args = [...load(shopScenarios), '--users', '10', '--threads', '2']
    const { load: result, audit, generator } = await work.runJson<LoadReport>(args)
    expect(audit).toBeNull()
    expect(generator.threads).toHaveLength(2)
    expect(result.timeline.reduce((sum, row) => sum + row.requests, 0)).toBe(result.requests)
    expect(result).toMatchObject({ workload: 'browse, buy', users: 10, failures: 0, failureReasons: {} })
    const [products, orders] = ['GET /products', 'PUT /orders/'].map((start) =>
      shop.seen.filter((line) => line.startsWith(start)),
    ) as [string[], string[]]
    expect(Object.fromEntries(result.steps.map(({ name, requests }) => [name, requests]))).toEqual({
      products: products.length,
      order: orders.length,
    })
    expect(orders.length).toBeGreaterThan(0)
    // One state for each user: its orders are numbered, and every one is made with its own token.
    const order = /^PUT \/orders\/[\da-f]{8}-(\d)-\d+ Bearer customer-\1 \{"product":[13]\}$/
    expect(orders.every((line) => order.test(line))).toBe(true)
    expect(new Set(orders).size).toBe(orders.length)
  })

  it('runs it in the open model, and from JavaScript that has no rushbench installed beside it', async () => {
    const file = join(work.folder, 'health.mjs')
    await writeFile(
      file,
      `import { defineScenario } from 'rushbench'
       export default defineScenario({
         name: 'health',
         run: (user) => user.request({ step: 'health', method: 'GET', path: '/products' }),
       })`,
    )
    shop.seen.length = 0
    const { load: result } = await work.runJson<LoadReport>([...load(file), '--rate', '50/s'])
    expect(result).toMatchObject({ workload: 'health', requests: 100, iterations: 100, skipped: 0, failures: 0 })
    expect(result.model).toEqual({
      kind: 'open',
      ratePerSecond: 50,
      arrivals: 'constant',
      durationMs: 2000,
      maxInFlight: 10_000,
    })
    expect(result.timeline.reduce((sum, row) => sum + row.requests, 0)).toBe(100)
    expect(shop.seen.filter((line) => line.startsWith('GET /products'))).toHaveLength(100)
  })

  it('hears of every booking that any thread made', async () => {
    const file = join(work.folder, 'book.mjs')
    await writeFile(
      file,
      `let bookings = 0
       export default {
         name: 'book',
         async run(user) {
           const { status } = await user.request({ step: 'products', method: 'GET', path: '/products' })
           await user.ledger.record({ key: user.id + '-' + bookings++, resource: 1, outcome: status === 200 ? 'booked' : 'failed' })
         },
       }`,
    )
    const { load: result } = await work.runJson<LoadReport>([...load(file), '--rate', '100/s', '--threads', '2'])
    expect(result).toMatchObject({ requests: 200, skipped: 0, outcomes: { booked: 200, failed: 0 } })
  })

  it('skips and says so when no more may be in flight', async () => {
    const file = join(work.folder, 'slow.mjs')
    await writeFile(file, `export default { name: 'slow', run: (user) => user.think(60000) }`)
    const args = [...load(file), '--rate', '20/s', '--max-in-flight', '5', '--threshold', 'skipped<1%']
    const { code, stdout } = await work.run(args)
    expect(stdout).toContain('skipped    35 of 40 iterations (88%): no more than 5 may be in flight')
    expect(stdout).toMatch(/^FAILED {5}nothing was measured: no request was made$/m)
    expect(stdout).toMatch(/NOT MET {4}skipped<1% \(was 88%\)/)
    expect(code).toBe(3)
  })

  const start = `import { defineScenario } from 'rushbench'\n`
  it.each([
    ['absent.ts', null, 'there is no such file'],
    ['notes.txt', 'buy bread', 'files that end in .txt cannot be run; name it .js, .mjs, .ts or .mts'],
    ['wrong.mjs', `${start}\nexport default defineScenario({ name: 'a', run( })`, "Unexpected token '}' (line 3)"],
    ['wrong.ts', `${start}\nconst a: = 1`, '(line 3)'],
    ['enum.ts', `${start}enum Colour { red }`, 'TypeScript enum is not supported in strip-only mode (line 2)'],
    ['lost.mjs', `import 'no-such-package'`, "Cannot find package 'no-such-package'"],
    ['throws.mjs', `\n\nthrow new Error('no API key')`, 'no API key (line 3)'],
    ['named.mjs', `export const scenario = {}`, 'it has no default export'],
    ['empty.mjs', `export default []`, 'its default export is an empty list'],
    ['shape.mjs', `export default { name: 'buy' }`, 'its default export is no scenario: buy needs a function run'],
    ['defined.mjs', `${start}export default defineScenario({ run() {} })`, 'a scenario needs a name (line 2)'],
  ])('refuses %s', async (name, content, reason) => {
    const file = join(work.folder, name)
    if (content !== null) await writeFile(file, content)
    const { code, stdout, stderr } = await work.run(load(file))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`The scenario ${file} cannot be run: `)
    expect(stderr).toContain(reason)
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  it('does not begin when a scenario cannot prepare a user', async () => {
    const file = join(work.folder, 'prepare.mjs')
    await writeFile(file, `export default { name: 'buy', prepare() { throw new Error('no token') }, async run() {} }`)
    const { code, stderr } = await work.run([...load(file), '--threads', '2'])
    expect(stderr).toContain('The scenario buy failed to prepare a user, so no request was sent: no token.')
    expect(code).toBe(1)
  })

  it('saves what was done when a thread ends itself, and says so', async () => {
    const file = join(work.folder, 'astray.mjs')
    await writeFile(
      file,
      `export default { name: 'astray', async run(user) {
         await user.think(1500)
         process.exit(7)
       } }`,
    )
    const { code, stdout } = await work.run([...load(file), '--users', '2', '--threads', '2'])
    expect(stdout).toContain('thread 1 was lost: it ended by itself, with exit code 7')
    expect(code).toBe(5)
  })

  it('counts what a scenario throws while it runs', async () => {
    const file = join(work.folder, 'run.mjs')
    await writeFile(file, `export default { name: 'buy', async run() { throw new Error('the basket is empty') } }`)
    const { code, stdout } = await work.run([...load(file), '--users', '1'])
    // Once a second: at the end of the second one the run may or may not be over.
    expect(stdout).toMatch(/^errors {5}[23] of [23] iterations threw \(100%\): buy: the basket is empty [23]$/m)
    expect(stdout).toMatch(/^FAILED {5}nothing was measured: no request was made$/m)
    expect(code).toBe(3)
  })

  const throwing = `export default { name: 'a', async run(user) {
    const answer = await user.request({ step: 'x', method: 'GET', path: '/orders', expected: [404], wantBody: true })
    answer.json()
  } }`

  it.each([
    ['in this process', []],
    ['in threads', ['--threads', '2']],
    ['in processes', ['--workers', '2']],
  ])('is red when every iteration throws, though no request failed: %s', async (_where, generators) => {
    const file = join(work.folder, 'throws-at-answers.mjs')
    await writeFile(file, throwing)
    const args = [...load(file), '--users', '4', '--threshold', 'failures<1%', '--report', 'junit', ...generators]
    const { code, stdout, stderr } = await work.run(args)
    expect(stdout + stderr).toMatch(
      /^FAILED {5}(\d+) of \1 iterations threw \(100%; .*\): a: Unexpected end of JSON input$/m,
    )
    expect(stdout).toMatch(/^met {8}failures<1% \(was 0%\)$/m)
    expect(stdout).not.toMatch(/^valid/m)
    expect(code).toBe(3)
    const [, junit] = /^junit (.*)$/m.exec(stdout)!
    expect(await readFile(join(work.folder, junit!), 'utf8')).toMatch(
      /name="requests were answered, and iterations did not throw"[^>]*>\s*<failure/,
    )
  })

  it('lets a threshold say how many iterations may throw', async () => {
    const file = join(work.folder, 'throws-at-answers.mjs')
    await writeFile(file, throwing)
    const { code, stdout } = await work.run([...load(file), '--users', '2', '--threshold', 'errors<=100%'])
    expect(stdout).toMatch(/^met {8}errors<=100% \(was 100%\)$/m)
    expect(code).toBe(0)
  })

  it('is red when every request fails, whatever scenarios make of it', async () => {
    const file = join(work.folder, 'gone.mjs')
    await writeFile(
      file,
      `export default { name: 'gone', think: 100, run: (user) => user.request({ step: 'x', method: 'GET', path: '/gone' }) }`,
    )
    const { code, stdout } = await work.run([...load(file), '--users', '2'])
    expect(stdout).toMatch(/^FAILED {5}every request failed: status 404$/m)
    expect(code).toBe(3)
  })

  it('keeps the meaning of a Ctrl-C before the first request', async () => {
    const file = join(work.folder, 'slow-start.mjs')
    await writeFile(file, `export default { name: 'slow', run: (user) => user.think(60000) }`)
    const running = work.start([
      'load',
      '--scenario',
      file,
      '--target',
      shop.origin,
      '--duration',
      '30s',
      '--users',
      '2',
    ])
    await running.waitFor(/2 users/)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.result
    expect(stdout).not.toContain('FAILED')
    expect(code).toBe(130)
  })

  it('says that a scenario without a target is run against an API of our own', async () => {
    const file = join(work.folder, 'products.mjs')
    await writeFile(
      file,
      `export default { name: 'products', think: 100, run: (user) => user.request({ step: 'x', method: 'GET', path: '/products' }) }`,
    )
    const { code, stdout, stderr } = await work.run(['load', '--scenario', file, '--users', '1', '--duration', '1s'])
    expect(stderr).toContain(
      'Without --target the scenario loads the built-in API of the workload vaccination, which rushbench starts; name yours with --target',
    )
    expect(stdout).toMatch(/ products on http:\S+ \(the built-in API of vaccination, as no --target was given\)$/m)
    expect(stdout).toMatch(/^FAILED {5}every request failed: status 404$/m)
    expect(code).toBe(3)
  })
})
