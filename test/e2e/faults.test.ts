import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { reportText } from '../support/reports/fixtures.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

let work: CliSandbox
beforeEach(async () => void (work = await createSandbox()))
afterEach(() => work[Symbol.asyncDispose]())

const file = '.rushbench/rushbench.db'
const openDatabase = () => new DatabaseSync(join(work.folder, file))

/** Lists reports, without the ledgers beside them. */
async function savedReports(): Promise<string[]> {
  return (await readdir(join(work.folder, 'reports'))).filter((name) => name.endsWith('.json'))
}

async function fill(...reservations: string[]): Promise<void> {
  await work.runJson(['migrate'])
  await work.runJson(['insert-schedules', '--years', '1'])
  if (reservations.length > 0) await work.runJson(['insert-reservations', ...reservations])
}

describe('wrong usage ends with 2, and says what is allowed', () => {
  it.each([
    [['load', '--users', 'many'], 'users (from --users) cannot be many. Allowed: a whole number from 1 to 1000000.'],
    [['load', '--users', '0'], 'Allowed: a whole number'],
    [['load', '--duration', '10'], 'such as 1500ms, 60s or 1m30s'],
    [['load', '--threshold', 'p99<5'], 'response_time.p99'],
    [['load', '--ramp-up', '2s', '--duration', '1s'], 'ramp-up must not be longer than duration.'],
    [['load', '--stages', '30s'], 'TIME:USERS with commas, such as 30s:1000,2m:3000,30s:0'],
    [['load', '--rate', '0/s'], 'a number a second such as 1000/s'],
    [['load', '--rate', '5/s', '--users', '3'], '--users and --rate cannot be given together'],
    [['load', '--stages', '5s:1', '--ramp-up', '3s'], '--ramp-up and --stages cannot be given together'],
    [['load', '--target', 'http://example.com'], '--allow-remote'],
    [['load', '--target', 'ftp://127.0.0.1'], 'http://host:port'],
    [['load', '--fault', 'kill-server@2s:1s'], 'cannot be read. It is kill-server@TIME'],
    [['load', '--fault', 'pause-database@28s'], 'it would not be over before the end of the run'],
    [['load', '--fault', 'kill-server@2s', '--target', 'http://127.0.0.1:1'], 'is refused: faults are done to what'],
    [['load', '--experiment', 'cache', '--cache', 'none'], 'The experiment needs a cache to compare with'],
    [['load', '--experiment', 'cache', '--target', 'http://127.0.0.1:1'], 'leave out --target and --scenario'],
    [['migrate', '--db', 'oracle://x'], 'sqlite:PATH'],
    [['migrate', '--up'], 'migrate has no flag --up'],
    [['migrate', '--down', '--status'], '--status'],
    [['compare', 'only-one.json'], 'those of the candidate'],
    [['compare', '--run', 'load'], 'Give --run twice'],
    [['compare', 'a', 'b', '--min-effect', 'some'], 'a percentage'],
    [['insert-schedules', '--opens', '25:00'], 'a time from 0:00'],
    [['insert-schedules', '--opens', '12:00', '--closes', '8:00'], 'closes must not be before opens'],
    [['insert-reservations', '--rows', '-5'], 'rows'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await work.run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.replaceAll(/\n *›? */g, ' ')).toContain(message)
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  it('without letting what was given steer the terminal', async () => {
    const { code, stderr } = await work.run(['load', '--users', '\u001b[2J\u009b31mmany'])
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be many') })
    // oxlint-disable-next-line no-control-regex -- these are what must be gone
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })

  it('in the config file and in the environment too', async () => {
    await writeFile(join(work.folder, '.rushbenchrc.json'), '{"userz": 5}')
    expect(await work.run(['configs'])).toMatchObject({ code: 2, stderr: expect.stringContaining('userz') })
    await writeFile(join(work.folder, '.rushbenchrc.json'), '{"users": 5}')
    const { stdout } = await work.run(['configs'], { RUSHBENCH_DB: 'mysql://u:secret@h/db' })
    expect(stdout).toMatch(/users +5 +.*\.rushbenchrc\.json/)
    expect(stdout).toMatch(/db +mysql:\/\/u:\*\*\*@h\/db +RUSHBENCH_DB/)
    expect(await work.run(['configs'], { RUSHBENCH_USER: '5' })).toMatchObject({ code: 2 })
  })
})

describe('errors end with 1 and one sentence', () => {
  it.each([
    [['migrate', '--db', 'mysql://u:secret@127.0.0.1:1/db'], 'Cannot reach the database mysql://u:***@127.0.0.1:1/db'],
    [['load', '--target', 'http://127.0.0.1:1'], 'Cannot reach the target http://127.0.0.1:1: connection refused'],
    [['load', '--cache', 'redis://127.0.0.1:1', '--users', '1', '--duration', '1s'], 'Cannot reach the cache'],
    [['compare', 'a.json', 'b.json'], 'a.json is not a rushbench report'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await work.run(args)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('secret')
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  it('shows the stack with --verbose, and the error as JSON with --json', async () => {
    const args = ['migrate', '--db', 'mysql://u:secret@127.0.0.1:1/db']
    expect((await work.run([...args, '--verbose'])).stderr).toMatch(/\n {4}at /)
    const { code, stdout } = await work.run([...args, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'database-unreachable', exitCode: 1 } })
  })

  it('a port in use', async () => {
    await fill()
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const port = String((server.address() as AddressInfo).port)
    expect(await work.run(['start', '--port', port])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is taken'),
    })
    server.close()
  })

  it("somebody else's table, which stays as it is", async () => {
    await mkdir(join(work.folder, '.rushbench'))
    const database = openDatabase()
    database.exec('create table reservations (theirs text); insert into reservations values (1)')
    for (const command of ['migrate', 'insert-schedules', 'insert-reservations', 'start', 'load']) {
      expect(await work.run([command])).toMatchObject({ code: 1, stderr: expect.stringContaining('did not create') })
    }
    expect((await work.run(['migrate', '--down'])).code).toBe(0)
    expect(database.prepare('select count(*) as n from reservations').get()).toEqual({ n: 1 })
    database.close()
  })

  it('a report that is cut off', async () => {
    await writeFile(join(work.folder, 'cut.json'), reportText('truncated.json'))
    const { code, stderr } = await work.run(['compare', 'cut.json', 'cut.json'])
    expect(code).toBe(1)
    expect(stderr).toContain('cut.json is not a rushbench report that can be read: it is not whole JSON')
  })

  it('reports that cannot be saved', async () => {
    await fill()
    await writeFile(join(work.folder, 'reports'), 'a file')
    const { code, stderr } = await work.run(['insert-reservations', '--rows', '10'])
    expect(code).toBe(1)
    expect(stderr).toContain('--reports')
  })
})

describe('exit codes of load', () => {
  it('3: a threshold was not met', async () => {
    const { code, stdout } = await work.run(['load', '--users', '5', '--duration', '3s', '--threshold', 'rps>100000'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/NOT MET {4}rps>100000/)
  })

  it('4: the audit found something, also when thresholds were not met', async () => {
    await fill()
    const database = openDatabase()
    database.exec('update schedules set stock = stock + 1 where month = 7 and day = 1')
    database.close()
    const run = ['load', '--users', '5', '--duration', '3s', '--threshold', 'rps>100000']
    const { code, stdout } = await work.run(run)
    expect(code).toBe(4)
    expect(stdout).toContain('36 oversold')
    expect(stdout).toContain('0 reservations for 300 places, stock says 301')
  })

  it('5: the generator was the bottleneck', async () => {
    // A stalled event loop is what too slow a machine looks like.
    const stall = `setInterval(() => { const end = performance.now() + 400; while (performance.now() < end); }, 500).unref()`
    const preload = join(work.folder, 'stall.mjs')
    await writeFile(preload, `if (process.argv[2] === 'load') ${stall}`)
    const { code, stdout } = await work.run(['load', '--users', '5', '--duration', '4s'], {
      NODE_ARGS: `--import ${preload}`,
    })
    expect(stdout).toContain('NOT VALID')
    expect(code).toBe(5)
  })

  it.each([
    [
      '--threads',
      /^NOT VALID {2}thread [12] stood still for \d\.\d s at a time \(limit 1\.0 s\)\n[^]*^ {11}Use a machine/m,
    ],
    ['--workers', /^NOT VALID {2}worker [12] on \S+ stood still for \d\.\d s at a time \(limit 1\.0 s\)\n/m],
  ])('5: one of several stood still, once and not for long: %s', async (generators, complaint) => {
    const scenario = `
      let stalled = false
      export default { name: 'stall', think: [50, 100], async run(user) {
        await user.request({ step: 'page', method: 'GET', path: '/slots' })
        if (user.id !== 1 || stalled) return
        stalled = true
        const end = performance.now() + 1400
        while (performance.now() < end);
      } }`
    await writeFile(join(work.folder, 'stall.mjs'), scenario)
    const server = createHttpServer((_, response) => void response.end('{}')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const load = ['load', '--scenario', './stall.mjs', '--target', target, '--users', '4', '--duration', '3s']
    const { code, stdout } = await work.run([...load, generators, '2'])
    server.close()
    expect(stdout).toMatch(complaint)
    expect(code).toBe(5)
  })

  it('130: Ctrl-C, after an audit and with a report', async () => {
    const run = work.start(['load', '--users', '30', '--duration', '60s'])
    await run.waitFor(/5 of 60 s/)
    run.child.kill('SIGINT')
    const { code, stdout } = await run.result
    expect(code).toBe(130)
    expect(stdout).toContain('stopped    before its time')
    expect(stdout).toContain('audit ok')
    expect(await savedReports()).toHaveLength(1)
  })

  it('1: the API was killed in the middle; what was acknowledged is there', async () => {
    const run = work.start(['load', '--users', '200', '--duration', '60s'])
    await run.waitFor(/10 of 60 s/)
    const { stdout: pids } = await promisify(execFile)('pgrep', ['-P', String(run.child.pid)])
    process.kill(Number(pids.trim().split('\n')[0]), 'SIGKILL')
    const { code, stdout, stderr } = await run.result
    expect(stderr).toContain('The API ended in the middle of the run')
    expect(code).toBe(1)
    expect(stdout).toMatch(/audit ok {3}[1-9]\d* bookings acknowledged: 0 lost/)
    const [name] = await savedReports()
    const report = JSON.parse(await readFile(join(work.folder, 'reports', name!), 'utf8')) as LoadReport
    expect(report.load.interrupted).toBe(true)
  })
})

describe('Ctrl-C', () => {
  it('leaves whole blocks and a true stock behind insert-reservations', async () => {
    await fill()
    const run = work.start(['insert-reservations', '--rows', '3900k'])
    const size = async (): Promise<number> => (await stat(join(work.folder, file))).size
    await expect.poll(size, { timeout: 20_000 }).toBeGreaterThan(10_000_000)
    run.child.kill('SIGINT')
    const { code, stderr } = await run.result
    expect(code).toBe(130)
    const rows = Number(/Interrupted\. ([\d,]+) of 3,900,000 rows are stored/.exec(stderr)![1]!.replaceAll(',', ''))
    expect(rows).toBeGreaterThan(0)
    const database = openDatabase()
    expect(database.prepare('select count(*) as n from reservations').get()).toEqual({ n: rows })
    expect(database.prepare('select sum(max_available - stock) as n from schedules').get()).toEqual({ n: rows })
    database.close()
  })

  it('leaves no API behind when the load itself is killed', async () => {
    const run = work.start(['load', '--users', '5', '--duration', '60s'])
    await run.waitFor(/5 of 60 s/)
    const { stdout } = await promisify(execFile)('pgrep', ['-P', String(run.child.pid)])
    run.child.kill('SIGKILL')
    await run.result
    const isGone = () =>
      promisify(execFile)('ps', ['-p', stdout.trim()]).then(
        () => false,
        () => true,
      )
    await expect.poll(isGone, { timeout: 15_000 }).toBe(true)
  })
})

describe('bin/run.js', () => {
  it('says in one line what it needs under an old Node', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})'
    const { code, stdout, stderr } = await work.run(['configs'], { NODE_ARGS: `--import ${old}` })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^rushbench needs Node 22\.22 or newer, or 24\.6 or newer, and this is 20\.20\.2\. .*\n$/)
  })

  it('has help with examples for every command', async () => {
    const { stdout } = await work.run(['--help'])
    const commands = [
      'compare',
      'configs',
      'insert-reservation-bench',
      'insert-reservations',
      'insert-schedules',
      'load',
      'migrate',
      'start',
    ]
    for (const command of commands) {
      expect(stdout).toContain(command)
      const help = await work.run([command, '--help'])
      expect(help.stdout).toContain('EXAMPLES')
      expect(help.stdout).toContain('--json')
    }
  })
})
