import { exec } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent, request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditReport } from '../../src/lib/record/record.ts'
import { createSandbox, type CliSandbox, type RunningCli } from '../support/cli/sandbox.ts'

/** What the original's Locust file reads of a slot. */
interface LocustSlot {
  readonly id: number
  readonly stock: number
}

/** Asks as python-requests does, by which Locust sends: it takes br, and reads JSON of what came. */
async function askAsLocust(agent: Agent, url: string, body?: object) {
  const headers = {
    'user-agent': 'python-requests/2.32.3',
    'accept-encoding': 'gzip, deflate, br',
    accept: '*/*',
    connection: 'keep-alive',
    ...(body && { 'content-type': 'application/json' }),
  }
  const sent = request(url, { agent, headers, method: body ? 'POST' : 'GET' }).end(body && JSON.stringify(body))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const bytes = await buffer(response)
  const encoding = response.headers['content-encoding']
  const text = (encoding === 'br' ? brotliDecompressSync(bytes) : bytes).toString()
  return { status: response.statusCode ?? 0, encoding, bytes: bytes.length, json: JSON.parse(text) as unknown }
}

describe("the originals' own clients", () => {
  let work: CliSandbox
  const running: RunningCli[] = []

  beforeAll(async () => {
    work = await createSandbox()
  })

  afterAll(async () => {
    for (const { child } of running) child.kill('SIGTERM')
    await Promise.all(running.map(({ result }) => result))
    await work[Symbol.asyncDispose]()
  })

  async function start(workload: string): Promise<string> {
    await work.run(['migrate', '--workload', workload])
    const api = work.start(['start', '--workload', workload, '--port', '0'])
    running.push(api)
    return (await api.waitFor(/Listening on (\S+)/))[1]!
  }

  it('of vaccination: users as in its Locust file, of whom one in three books in either month', async () => {
    await work.run(['migrate', '--workload', 'vaccination'])
    await work.run(['insert-schedules', '--years', '1'])
    const origin = await start('vaccination')
    const agent = new Agent({ keepAlive: true })
    const tickets: string[] = []
    const months = new Set<number>()
    const user = async (number: number) => {
      const calendars = []
      for (const month of [1, 2])
        calendars.push(await askAsLocust(agent, `${origin}/schedules-memstore/date/2000/${month}`))
      for (const { status, encoding, bytes } of calendars) {
        expect([status, encoding]).toEqual([200, 'br'])
        expect(bytes).toBeLessThan(10_000)
      }
      if (number % 3 > 0) return
      const free = calendars.flatMap(({ json }) => (json as LocustSlot[]).filter(({ stock }) => stock > 0))
      const slot = free[(number * 7919) % free.length]!
      months.add(new Date(slot.id * 60_000).getUTCMonth())
      const booked = await askAsLocust(agent, `${origin}/reservations`, {
        ticket_id: `locust-${number}`,
        schedule_id: slot.id,
      })
      // Locust counts whatever is below 400 as a success.
      expect(booked.status).toBeLessThan(400)
      tickets.push((booked.json as { ticket_id: string }).ticket_id)
    }
    await Promise.all(Array.from({ length: 60 }, (_, number) => user(number)))
    agent.destroy()
    expect(new Set(tickets).size).toBe(20)
    expect(months).toEqual(new Set([0, 1]))
    const { audit } = await work.runJson<AuditReport>(['audit'])
    expect(audit).toMatchObject({ passed: true })
  })

  it('of tickets: receipts sent by hand, by send-ticket, and by curl as its page says', async () => {
    const origin = await start('tickets')
    expect(await (await fetch(`${origin}/ping`)).text()).toBe('pong')
    const fixtures = fileURLToPath(new URL('../../fixtures/tickets/', import.meta.url))
    const files = ['good/plain.txt', 'good/plain.txt', 'broken/latin-1.txt'].map((file) => join(fixtures, file))
    const { code, stdout } = await work.run(['send-ticket', ...files, '--target', origin])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        `${files[0]}: stored as order 123456`,
        `${files[0]}: taken, as order 123456; there before, or the API does not say`,
        `${files[2]}: kept as it is, line 0: it is not UTF-8`,
        '',
      ].join('\n'),
    })
    const page = await readFile(new URL('../../docs/workloads/tickets.md', import.meta.url), 'utf8')
    const line = /^curl .*/m.exec(page)![0].replace('http://127.0.0.1:8080', origin)
    const receipt = (await readFile(files[0]!, 'utf8')).replace('123456', '7')
    await writeFile(join(work.folder, 'receipt.txt'), receipt)
    const sent = await promisify(exec)(line, { cwd: work.folder })
    expect(JSON.parse(sent.stdout)).toMatchObject({ id: '7' })
    await writeFile(join(work.folder, 'huge.txt'), 'x'.repeat(70_000))
    const refused = await work.run(['send-ticket', 'huge.txt', '--target', origin, '--json'])
    expect(refused.code).toBe(3)
    expect(JSON.parse(refused.stdout)).toMatchObject({ target: origin, tickets: [{ status: 413, taken: false }] })
    const missing = await work.run(['send-ticket', files[0]!, 'not-there.txt', '--target', origin])
    expect(missing).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('not-there.txt cannot be read'),
    })
    const away = await work.run(['send-ticket', files[0]!, '--target', 'http://127.0.0.1:9'])
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot reach the target') })
    const remote = await work.run(['send-ticket', files[0]!, '--target', 'http://example.com'])
    expect(remote.stderr).toContain('add --allow-remote')
  })
})
