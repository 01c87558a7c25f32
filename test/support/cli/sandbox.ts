import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodes } from '../../../src/lib/base/errors/error-entry.ts'
import type { LoadReport } from '../../../src/lib/record/record.ts'

const entryPoint = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** Shared by all commands of all tests, so that each starts in less processor time. */
const compiled = join(tmpdir(), 'rushbench-e2e-compiled')

/** Exit code and output of a finished command. */
export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that is under way. */
export interface RunningCli {
  readonly child: ChildProcess
  readonly result: Promise<CliResult>
  /** Resolves once the output so far matches; rejects when the command ends first. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
}

/** A folder of its own in which commands run, as a user's would. */
export interface CliSandbox extends AsyncDisposable {
  readonly folder: string
  start(args: readonly string[], env?: Record<string, string>): RunningCli
  run(args: readonly string[], env?: Record<string, string>): Promise<CliResult>
  /**
   * Runs with `--json`, expects success, and parses what was printed. A generator that was late, as it is where others share
   * the machine, is no failure of what is tested, and is said; a worker or a thread that was lost is one.
   */
  runJson<T>(args: readonly string[], env?: Record<string, string>): Promise<T>
}

export async function createSandbox(): Promise<CliSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-e2e-'))

  function start(args: readonly string[], env: Record<string, string> = {}): RunningCli {
    // A test may have rushbench in another place, or run it on another host.
    const entry = env['RUSHBENCH_TEST_ENTRY'] ?? entryPoint
    const [program, ...before] = [...(env['RUSHBENCH_TEST_HOST']?.split(' ') ?? []), process.execPath] as [string]
    const child = spawn(program, [...before, ...(env['NODE_ARGS']?.split(' ') ?? []), entry, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: compiled, ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    const result = new Promise<CliResult>((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }))
    })
    return {
      child,
      result,
      waitFor: (pattern) =>
        new Promise((resolve, reject) => {
          const look = () => {
            const found = pattern.exec(stdout + stderr)
            if (found) resolve(found)
          }
          child.stdout.on('data', look)
          child.stderr.on('data', look)
          void result.then(({ code }) => reject(new Error(`ended with ${code} before ${pattern}: ${stdout}${stderr}`)))
          look()
        }),
    }
  }

  const run = (args: readonly string[], env?: Record<string, string>) => start(args, env).result
  return {
    folder,
    start,
    run,
    async runJson<T>(args: readonly string[], env?: Record<string, string>) {
      const { code, stdout, stderr } = await run([...args, '--json'], env)
      const isLate = code === exitCodes.runNotValid && wasOnlyLate(stdout)
      if (code !== 0 && !isLate) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
      if (isLate) process.stderr.write(`NOT VALID on this machine: ${args.join(' ')}\n`)
      return JSON.parse(stdout) as T
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

function wasOnlyLate(stdout: string): boolean {
  const { generator } = JSON.parse(stdout) as Partial<LoadReport>
  return generator !== undefined && !generator.reasons.some((reason) => reason.includes('was lost'))
}
