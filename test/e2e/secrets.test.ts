import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer } from '../support/http/local-server.ts'
import { createSandbox, type CliResult, type CliSandbox } from '../support/cli/sandbox.ts'

/** Each is in one place alone, so that what leaks says where from. */
const user = 'S3cr3t-user-T4il'
const query = 'S3cr3t-query-T4il'
const header = 'S3cr3t-header-T4il'
const cookie = 'S3cr3t-cookie-T4il'
const body = 'S3cr3t-body-T4il'
const password = 'S3cr3t-password-T4il'
const option = 'S3cr3t-option-T4il'
const key = 'S3cr3t-key-T4il'
const plain = 'S3cr3t-plain-T4il'
const secrets = [user, query, header, cookie, body, password, option, key, plain]

/** The value that HTTP makes of the target's user and password. */
const basic = Buffer.from(`me:${user}`).toString('base64')

let work: CliSandbox
beforeAll(async () => void (work = await createSandbox()))
afterAll(() => work[Symbol.asyncDispose]())

/** Every file that commands have left. */
async function everythingWritten(): Promise<Map<string, string>> {
  const names = await readdir(work.folder, { recursive: true })
  const files = new Map<string, string>()
  for (const name of names) {
    const path = join(work.folder, name)
    if ((await stat(path)).isFile()) files.set(name, await readFile(path, 'latin1'))
  }
  return files
}

async function expectHidden(...results: readonly CliResult[]): Promise<void> {
  for (const text of results.flatMap(({ stdout, stderr }) => [stdout, stderr])) {
    for (const secret of [...secrets, basic]) expect(text).not.toContain(secret)
  }
  for (const [name, content] of await everythingWritten()) {
    for (const secret of [...secrets, basic]) expect(content.includes(secret), `${secret} in ${name}`).toBe(false)
  }
}

/** Command lines of all processes, as `ps` shows them. */
async function everyProcess(): Promise<string> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.join('\n')
}

describe('secrets', () => {
  it('are in nothing that a run prints or saves, nor in what ps shows', async () => {
    const seen: string[] = []
    const origin = await startServer((request, response) => {
      const { url, headers } = request
      seen.push(`${url} ${headers.authorization} ${headers.cookie}`)
      response.end('made')
    })
    const target = origin.replace('//', `//me:${user}@`)
    const words = [
      'load',
      '--target',
      target,
      '--request',
      `POST /x?token=${query}&page=2`,
      '--body',
      `{"a":"${body}"}`,
    ]
    const flags = ['--header', `Cookie: a=${cookie}`, '--header', `X-Key: ${header}`]
    const views = ['--report', 'html,junit,markdown,csv']
    const text = work.start([...words, ...flags, ...views, '--connections', '2', '--duration', '2s'])
    if (process.platform === 'linux') {
      await text.waitFor(/requests/)
      const shown = await everyProcess()
      for (const secret of secrets) expect(shown).not.toContain(secret)
    }
    const json = work.run([...words, ...flags, '--connections', '2', '--requests', '20', '--json'])
    const results = await Promise.all([text.result, json])
    // A generator that was late on a busy machine is no failure of what is tested.
    for (const { code } of results) expect([0, 5]).toContain(code)
    expect(seen).toContain(`/x?token=${query}&page=2 Basic ${basic} a=${cookie}`)
    expect(results[0].stdout).toContain('POST /x?token=***&page=2')
    await expectHidden(...results)
  })

  // One command line for each way in which what was typed could be said again: each has to load all of rushbench.
  it('are in nothing that is said of what goes wrong', async () => {
    const database = `mysql://root:${password}@127.0.0.1:1/x`
    const lines: readonly (readonly string[])[] = [
      ['load', '--db', database, '--verbose'],
      ['publish', '--broker', `nats://${plain}@127.0.0.1:1`, '--count', '1'],
      ['load', '--target', `http://u:${password}@127.0.0.1:1`, '--request', `GET /x?api_key=${key}`],
      ['load', '--request', 'GET /x', '--header', `X-A: ${header}\n`, '--header', `Bearer ${plain}`],
      ['load', '--request', 'GET /x', '--header', 'Authorization:', 'Bearer', plain],
      ['workloads', database],
      [database],
      ['compare', '--run', `load --db '${database}`, '--run', 'load'],
      ['compare', '--run', `/bin/false --db ${database}`, '--run', 'load', '--verbose'],
    ]
    const failing = [
      ...lines.map((words) => work.run(words)),
      work.run(['migrate'], { RUSHBENCH_DB: `postgres://root:${password}@127.0.0.1:1/x?sslpassword=${option}` }),
      work.run(['load'], { RUSHBENCH_USERS: database }),
    ]
    const results = await Promise.all(failing)
    for (const { code } of results) expect(code).toBeGreaterThan(0)
    await expectHidden(...results)
    const configs = await work.run(['configs', '--queue', `redis://:${password}@127.0.0.1:1`, '--json'])
    expect(configs.code).toBe(0)
    await expectHidden(configs)
  })

  it.runIf(process.platform === 'linux')('are handed to runs of a comparison where ps does not show them', async () => {
    const origin = await startServer((_, response) => response.end('made'))
    const run = `load --target ${origin.replace('//', `//me:${user}@`)} --request /x --header 'A: ${header}' --duration 2s`
    const comparing = work.start(['compare', '--run', run, '--run', run, '--pairs', '1'])
    // Every user sees its arguments until it has started.
    await comparing.waitFor(/Comparing/)
    const seen: string[] = []
    let isOver = false
    void comparing.result.then(() => (isOver = true))
    while (!isOver) {
      seen.push(await everyProcess())
      await sleep(50)
    }
    const ofRuns = seen.filter((processes) => /run\.js\0\n/.test(processes))
    expect(ofRuns.length).toBeGreaterThan(0)
    for (const processes of seen) for (const secret of secrets) expect(processes).not.toContain(secret)
    const result = await comparing.result
    expect(result.stdout).toContain('1 run against 1 run')
    await expectHidden(result)
  })
})
