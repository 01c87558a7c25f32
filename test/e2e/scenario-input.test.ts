import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

describe('what load --scenario is given', () => {
  const seen: string[] = []
  let work: CliSandbox
  let server: Server
  let origin: string

  beforeAll(async () => {
    work = await createSandbox()
    server = createServer(({ method, url, headers }, response) => {
      seen.push(`${method} ${url} ${headers.authorization ?? ''}`)
      response.writeHead(url === '/products' ? 200 : 404).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await work[Symbol.asyncDispose]()
  })

  const aMinute = (file: string) => ['load', '--scenario', file, '--target', origin, '--duration', '60s']

  it.each(['--threads=1', '--threads=2', '--workers=2'])(
    'ends at once for a mistake in its text, and names the line, with %s',
    async (generators) => {
      const file = join(work.folder, 'mistake.mjs')
      const request = `user.request({ method: 'GET', path: '/' }).catch(() => {})`
      await writeFile(
        file,
        `export default { name: 'buy', async run(user) {\n  await ${request}\n  await user.think(10)\n} }`,
      )
      const reports = join(work.folder, `mistake${generators}`)
      const { code, stdout, stderr } = await work.run([
        ...aMinute(file),
        '--users',
        '2',
        '--reports',
        reports,
        generators,
      ])
      expect(stderr).toContain(
        `The scenario buy is wrong at ${file}:2: step cannot be undefined. Allowed: the name of a row of the report.`,
      )
      expect({ code, stdout, left: await readdir(reports) }).toEqual({ code: 2, stdout: '', left: [] })
    },
  )

  it('saves what was measured before a mistake', async () => {
    const file = join(work.folder, 'later.mjs')
    await writeFile(
      file,
      `export default { name: 'buy', async run(user) {
         await user.request({ step: 'products', method: 'get', path: '/products' })
         await user.request({ step: 'order', method: 'POST', path: '/orders', body: new Map([['a', 1]]) })
       } }`,
    )
    const { code, stdout, stderr } = await work.run([...aMinute(file), '--users', '1'])
    expect(stderr).toContain('body is a Map, which JSON turns into {}')
    expect(stdout).toMatch(/^report /m)
    expect(code).toBe(2)
  })

  it('sends to the path of the target with its user and password, which are told nobody', async () => {
    const file = join(work.folder, 'below.mjs')
    await writeFile(
      file,
      `export default { name: 'below', async run(user) {
         await user.request({ step: 'a', method: 'GET', path: '/a', expected: 404 })
         await user.ledger.record({ key: user.runId, resource: 1, outcome: 'booked' })
       } }`,
    )
    seen.length = 0
    const target = origin.replace('//', '//user:s3cr3t@')
    const reports = join(work.folder, 'below')
    const { code, stdout, stderr } = await work.run([
      'load',
      '--scenario',
      file,
      '--target',
      `${target}/api/v1/`,
      '--rate',
      '1/s',
      '--duration',
      '1s',
      '--reports',
      reports,
    ])
    expect(code).toBe(0)
    const basic = `Basic ${Buffer.from('user:s3cr3t').toString('base64')}`
    expect(seen).toEqual([`GET /api/v1/healthz ${basic}`, `GET /api/v1/a ${basic}`])
    const saved = await Promise.all((await readdir(reports)).map((name) => readFile(join(reports, name), 'utf8')))
    expect(saved).toHaveLength(2)
    for (const text of [stdout, stderr, ...saved]) expect(text).not.toMatch(/s3cr3t|dXNlcj/)
    expect(stdout).toContain(`below on ${origin}/api/v1`)
  })

  it('refuses a target without a scheme, and says what may have been meant', async () => {
    const { code, stderr } = await work.run(['load', '--target', 'localhost:3000'])
    expect(stderr).toMatch(
      /^Error: target \(from --target\) cannot be localhost:3000\. Allowed: .*; such as http:\/\/localhost:3000\.$/m,
    )
    expect(code).toBe(2)
  })
})
