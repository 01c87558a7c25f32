import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { modelCurve } from '../../src/lib/insert-bench/model.ts'
import { createRandom } from '../../src/lib/base/random.ts'
import { formatShare, formatTable } from '../../src/lib/base/format.ts'
import type { InsertBenchReport } from '../../src/lib/record/record.ts'
import {
  simulateSweep,
  simulatedCurves,
  simulatedMachines,
  simulatedSizes,
} from '../../test/support/insert-bench/simulated-curves.ts'

// Measures how often the model of p50 over the rows is wrong: which shapes it names, and how many of its forecasts' intervals hold
// the truth. Then real sweeps over a table on which nothing happens between its sizes, where no knee is to be named.
// Usage: npm run bench:curve -- simulated|real [trials]; both by default.

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const [which = 'both', trialsGiven] = process.argv.slice(2)
const forecastRows = 50_000_000

function simulatedRow(
  curve: keyof typeof simulatedCurves,
  sizes: keyof typeof simulatedSizes,
  machine: keyof typeof simulatedMachines,
): string[] {
  const trials = Number(trialsGiven ?? 300)
  const shapes = { flat: 0, logarithmic: 0, knee: 0, drift: 0, unknown: 0 }
  const truth = simulatedCurves[curve](forecastRows)
  let [said, held, error] = [0, 0, 0]
  for (let trial = 0; trial < trials; trial++) {
    const random = createRandom(`${curve} ${sizes} ${machine} ${trial}`)
    const measured = simulateSweep(simulatedCurves[curve], simulatedSizes[sizes], simulatedMachines[machine], random)
    const { shape, forecast } = modelCurve('ascending', measured, { seed: 'rushbench', forecast: forecastRows })
    shapes[shape] += 1 / trials
    const p50 = forecast?.p50
    if (!p50) continue
    said++
    if (p50.low <= truth && truth <= p50.high) held++
    error += p50.value / truth - 1
  }
  return [
    curve,
    sizes,
    machine,
    ...Object.values(shapes).map(formatShare),
    formatShare(said / trials),
    said === 0 ? '' : formatShare(held / said),
    said === 0 ? '' : formatShare(error / said),
  ]
}

function simulatedRows(): string[][] {
  const rows: string[][] = []
  for (const curve of Object.keys(simulatedCurves) as (keyof typeof simulatedCurves)[])
    for (const sizes of Object.keys(simulatedSizes) as (keyof typeof simulatedSizes)[])
      for (const machine of Object.keys(simulatedMachines) as (keyof typeof simulatedMachines)[]) {
        rows.push(simulatedRow(curve, sizes, machine))
        process.stderr.write(`${rows.at(-1)?.join(' ')}\n`)
      }
  return rows
}

const realSizes = '20k,40k,80k,160k,320k'

/** A table of SQLite that fits into memory at all of its sizes. */
async function realRow(folder: string): Promise<string[]> {
  const trials = Number(trialsGiven ?? 20)
  const shapes = { flat: 0, logarithmic: 0, knee: 0, drift: 0, unknown: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const db = ['--db', `sqlite:${join(folder, `${trial}.db`)}`]
    const command = async (...args: string[]): Promise<string> => {
      const all = [entryPoint, ...args, ...db]
      return (await run(process.execPath, all, { cwd: folder, maxBuffer: 1e8 })).stdout
    }
    await command('migrate')
    await command('insert-schedules')
    const args = ['--at', realSizes, '--inserts', '300', '--seed', String(trial), '--json']
    const report = JSON.parse(await command('insert-reservation-bench', ...args)) as InsertBenchReport
    const shape = report.model?.[0]?.shape ?? 'unknown'
    shapes[shape]++
    process.stderr.write(`${shape} `)
  }
  return [String(trials), ...Object.values(shapes).map(String)]
}

if (which !== 'real') {
  const head = ['curve', 'sizes', 'machine', 'flat', 'logarithmic', 'knee', 'drift', 'unknown']
  const forecasts = ['forecasts', 'that hold', 'mean error']
  process.stdout.write(`${formatTable([...head, ...forecasts], simulatedRows(), [3, 4, 5, 6, 7, 8, 9, 10])}\n\n`)
}
if (which !== 'simulated') {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-curve-'))
  try {
    const head = ['real sweeps', 'flat', 'logarithmic', 'knee', 'drift', 'unknown']
    process.stdout.write(`${formatTable(head, [await realRow(folder)], [0, 1, 2, 3, 4, 5])}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
