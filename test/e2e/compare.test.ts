import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Comparison } from '../../src/lib/compare/compare.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

let work: CliSandbox

beforeAll(async () => {
  work = await createSandbox()
})

afterAll(() => work[Symbol.asyncDispose]())

const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const workflow = await readFile(new URL('../../fixtures/ci/performance.yml', import.meta.url), 'utf8')
const [measure, ...views] = [...workflow.matchAll(/npx rushbench .*$/gm)].map(([command]) => command)

/** A command of the workflow as a shell runs it, shorter than on a runner; nothing else is changed. */
function runInShell(command: string): Promise<number> {
  const short = command
    .replaceAll('npx rushbench', `'${process.execPath}' '${entryPoint}'`)
    .replaceAll('base/bin/run.js', entryPoint)
    .replaceAll('--users 500 --duration 20s', '--users 20 --duration 2s')
    .replace('--pairs 20', '--pairs 1')
  const env = { PATH: process.env['PATH'], HOME: work.folder, GITHUB_STEP_SUMMARY: join(work.folder, 'summary.md') }
  return new Promise((resolve) => {
    execFile('sh', ['-c', short], { cwd: work.folder, env }, (error) => resolve(error ? Number(error.code) : 0))
  })
}

/** Processes with `argument` among theirs; on Linux alone. */
async function countProcesses(argument: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.includes(argument)).length
}

describe("the workflow's commands", () => {
  it('measure both versions in turns, pass where they are the same, and add the comparison to the summary', async () => {
    expect(await runInShell(measure!)).toBe(0)
    const summary = await readFile(join(work.folder, 'summary.md'), 'utf8')
    expect(summary).toMatch(/^### .*\n[^]*\| response\\_time\.p50 \|/)
    expect(summary.match(/^### /gm)).toHaveLength(1)
    const [kept] = await readdir(join(work.folder, 'comparison'))
    for (const side of ['baseline', 'candidate']) {
      const files = await readdir(join(work.folder, 'comparison', kept!, side))
      expect(files.filter((name) => name.endsWith('.json'))).toHaveLength(1)
    }
  })

  it('show the comparison as JUnit', async () => {
    for (const command of views) expect(await runInShell(command)).toBe(0)
    expect(await readFile(join(work.folder, 'comparison.xml'), 'utf8')).toContain('failures="0"')
  })

  it('find the pairs again in what was saved', async () => {
    const [kept] = await readdir(join(work.folder, 'comparison'))
    const sides = ['baseline', 'candidate'].map((side) => join('comparison', kept!, side))
    expect(await work.runJson<Comparison>(['compare', ...sides])).toMatchObject({ paired: true, runs: { baseline: 1 } })
    const history = await work.run(['compare', '--history', sides[0]!, '--metric', 'response_time.p50'])
    expect(history).toMatchObject({ code: 0, stdout: expect.stringContaining('1 run\n') })
  })

  it('draw them as a page, and say where it cannot be written', async () => {
    const [kept] = await readdir(join(work.folder, 'comparison'))
    const runs = join('comparison', kept!, 'baseline')
    expect(await work.run(['compare', '--history', runs, '--html', 'history.html'])).toMatchObject({ code: 0 })
    expect(await readFile(join(work.folder, 'history.html'), 'utf8')).toContain('<h1 class="good">No change</h1>')
    const refused = await work.run(['compare', '--history', runs, '--html', 'no/such/folder.html'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') })
  })
})

/** A program that runs rushbench, and makes of its first run one whose generator could not keep up. */
const unlucky = `
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
execFileSync(process.execPath, [${JSON.stringify(entryPoint)}, ...process.argv.slice(2)], { stdio: 'inherit' })
if (!existsSync('unlucky-once')) {
  writeFileSync('unlucky-once', '')
  const folder = process.argv[process.argv.indexOf('--reports') + 1]
  const file = folder + '/' + readdirSync(folder).find((name) => name.endsWith('.json'))
  const report = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...report, generator: { ...report.generator, valid: false, reasons: ['it stood still'] } }))
}
`

describe('compare --run', () => {
  it('makes a run that is not valid again, and adds itself to the summary of a job on GitHub once', async () => {
    await writeFile(join(work.folder, 'unlucky.mjs'), unlucky)
    const load = 'load --users 20 --duration 4s'
    const args = ['--run', `./unlucky.mjs ${load}`, '--run', load, '--pairs', '1', '--reports', 'unlucky']
    const { code, stdout, stderr } = await work.run(['compare', ...args, '--html', 'comparison.html'], {
      GITHUB_STEP_SUMMARY: join(work.folder, 'once.md'),
    })
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('1 run against 1 run') })
    expect(stderr).toContain('baseline: the run is not valid: it stood still. It is made again.')
    const summary = await readFile(join(work.folder, 'once.md'), 'utf8')
    expect(summary.match(/^### /gm)).toHaveLength(1)
    expect(summary).toContain(String.raw`| response\_time.p50 |`)
    expect(await readFile(join(work.folder, 'comparison.html'), 'utf8')).toContain('<h2>Metrics</h2>')
  })

  it('ends what it started on Ctrl-C', async () => {
    const load = 'load --users 5 --duration 60s'
    const running = work.start(['compare', '--run', load, '--run', load, '--pairs', '2', '--reports', 'stopped-runs'])
    await expect.poll(() => countProcesses('stopped-runs/'), { timeout: 30_000 }).toBe(1)
    running.child.kill('SIGINT')
    const { code, stderr } = await running.result
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted. The reports') })
    expect(await countProcesses('stopped-runs')).toBe(0)
  })

  it('says what went wrong in a run', async () => {
    const { code, stderr } = await work.run(['compare', '--run', 'load --users x', '--run', 'load', '--pairs', '1'])
    expect(code).toBe(1)
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      '"load --users x" ended with 2 and saved no report: users (from --users) cannot be x',
    )
  })
})
