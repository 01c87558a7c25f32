import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const fixtures = fileURLToPath(new URL('../../fixtures/reports/', import.meta.url))

let work: CliSandbox
beforeAll(async () => void (work = await createSandbox()))
afterAll(() => work[Symbol.asyncDispose]())

interface Ended {
  readonly code: number
  readonly stderr: string
}

/** Runs a line of bash, in which `rush` is the command. */
function shell(line: string): Promise<Ended> {
  const script = `set -o pipefail; rush() { '${process.execPath}' '${entryPoint}' "$@"; }; ${line}`
  const env = { PATH: process.env['PATH'], HOME: work.folder }
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { cwd: work.folder, env }, (error, _stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stderr }),
    )
  })
}

const countReports = async (): Promise<number> =>
  (await readdir(join(work.folder, 'reports')).catch(() => [])).filter((name) => name.endsWith('.json')).length

const lost = 'Error: What was printed is not whole, since stdout cannot be written to: ENOSPC'
const load = "rush load --users 3 --duration 1s --threshold 'response_time.p50<0.0001ms'"
const worse = `rush compare '${fixtures}load-baseline.json' '${fixtures}load-candidate.json'`

describe.runIf(process.platform === 'linux')('stdout that fails', () => {
  it.each([
    ['> /dev/full', lost],
    ['| head -1', ''],
    ['--json | true', ''],
    ['> /dev/full 2>&1', ''],
  ])('loses neither the report nor the exit code: %s', async (end, said) => {
    const before = await countReports()
    const { code, stderr } = await shell(`${load} ${end}`)
    // The generator may have been the bottleneck on a busy machine.
    expect([3, 5]).toContain(code)
    expect(await countReports()).toBe(before + 1)
    const errors = stderr.split('\n').filter((line) => /error|EPIPE|at /i.test(line))
    expect(errors).toHaveLength(said === '' ? 0 : 1)
    if (said !== '') expect(stderr).toContain(said)
  })

  it('makes an error of what would have been fine, and nothing of a reader that has gone', async () => {
    const [full, gone, page, help, version] = await Promise.all([
      shell('rush configs > /dev/full'),
      shell('rush configs | true'),
      shell(`${worse} --html page.html > /dev/full`),
      shell('rush --help > /dev/full'),
      shell('rush --version > /dev/full'),
    ])
    expect(full).toEqual({ code: 1, stderr: expect.stringContaining(lost) as string })
    expect(gone).toEqual({ code: 0, stderr: '' })
    expect(page.stderr).toContain('page.html')
    expect(page.stderr).toContain(lost)
    expect(await readdir(work.folder)).toContain('page.html')
    for (const ended of [help, version]) expect(ended).toEqual({ code: 1, stderr: full.stderr })
  })
})
