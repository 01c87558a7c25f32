import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { splitWords } from './lib/compare/command-line.ts'
import type { Sides } from './lib/compare/noise.ts'
import { planPairs } from './lib/compare/pairs.ts'
import { exitCodes } from './lib/error-entry.ts'
import { redactWords } from './lib/databases/url.ts'
import { failure } from './lib/errors.ts'
import type { Report } from './lib/reports/record.ts'
import { readReports } from './lib/reports/store.ts'

/** Runs of two commands, in turns. */
export interface PairedRuns {
  /** Arguments of rushbench, or of another program that begins with its path, as one line. */
  readonly commands: { readonly baseline: string; readonly candidate: string }
  readonly pairs: number
  /** Reports are kept in its folders `baseline` and `candidate`. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
}

type Side = keyof Sides<Report>

/**
 * Runs both commands `pairs` times in processes of their own, A B B A ..., and reads what they saved. Throws
 * `run-failed` when one saves no report, and `interrupted` once the signal aborts.
 */
export async function runInPairs(runs: PairedRuns): Promise<Sides<Report>> {
  const plan = planPairs(runs.pairs)
  for (const [done, side] of plan.entries()) {
    runs.onProgress({ done, total: plan.length })
    await runOnce(side, runs)
    if (runs.signal.aborted)
      throw failure('interrupted', { done: `The reports of ${done} runs are in ${runs.folder}.` })
  }
  runs.onProgress({ done: plan.length, total: plan.length })
  const [baseline, candidate] = await Promise.all([
    readReports(join(runs.folder, 'baseline')),
    readReports(join(runs.folder, 'candidate')),
  ])
  return { baseline, candidate }
}

async function runOnce(side: Side, { commands, folder, signal }: PairedRuns): Promise<void> {
  const command = commands[side]
  const reports = join(folder, side)
  const before = await countFiles(reports)
  const { exit, output } = await runCommand([...splitWords(command), '--reports', reports], signal)
  if (signal.aborted || exit === exitCodes.interrupted) return
  if ((await countFiles(reports)) > before) return
  throw failure('run-failed', { command: redactWords(command), exit: String(exit), reason: lastLine(output) })
}

async function countFiles(folder: string): Promise<number> {
  return (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).length
}

interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string
  readonly output: string
}

/** Of a program's output, as much as its last sentence needs. */
const keptOutput = 10_000

async function runCommand(words: readonly string[], signal: AbortSignal): Promise<Ended> {
  const [program, args] = programOf(words)
  // In a group of its own, so that Ctrl-C reaches it once, through us, and lets it end by itself.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const stop = () => child.kill('SIGINT')
  const killGroup = () => killAll(child)
  signal.addEventListener('abort', stop, { once: true })
  process.once('exit', killGroup)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output = (output + chunk).slice(-keptOutput)))
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { exit: code ?? killedBy ?? 'no exit code', output }
  } catch (error) {
    throw failure(
      'run-failed',
      { command: redactWords(words.join(' ')), exit: 'an error', reason: (error as Error).message },
      error,
    )
  } finally {
    signal.removeEventListener('abort', stop)
    process.off('exit', killGroup)
  }
}

/** What begins with a path is a program of its own, such as another version; a script is run by this Node. */
function programOf(words: readonly string[]): [program: string, args: string[]] {
  const [first = '', ...others] = words
  if (!first.includes('/')) return [process.execPath, [...process.execArgv, process.argv[1] as string, ...words]]
  return /\.[cm]?js$/.test(first) ? [process.execPath, [first, ...others]] : [first, others]
}

function killAll({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

function lastLine(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? ''
  return line.replace(/^Error: /, '').replace(/\.$/, '') || 'it said nothing'
}
