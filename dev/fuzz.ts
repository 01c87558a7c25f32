// Feeds everything that reads outside input with what is nearly right. Usage: npm run fuzz -- [READER...] [INPUTS] [--seed N]
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { formatCount } from '../src/lib/base/format.ts'
import type { Reader } from './fuzz/reader.ts'
import { readers } from './fuzz/readers.ts'
import { show, type FuzzResult } from './fuzz/run-reader.ts'

const defaultInputs = 100_000

/** No input takes so long, s, also where the machine is busy: the reader hangs. */
const hangsAfter = 60

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true })
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const inputs = Number(positionals.find((word) => /^\d+$/.test(word)) ?? defaultInputs)
const names = positionals.filter((word) => !/^\d+$/.test(word))
const unknown = names.find((name) => !readers.some((reader) => reader.name === name))
if (unknown !== undefined || !Number.isSafeInteger(seed)) {
  console.error(
    `There is no ${unknown === undefined ? `seed ${values.seed}` : `reader ${unknown}`}. Readers: ${readers.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}

console.log(`seed ${seed}`)
const chosen = names.length === 0 ? readers : readers.filter(({ name }) => names.includes(name))
let faults = 0
for (const reader of chosen) {
  const result = await runInThread(reader)
  const { fault } = result
  console.log(
    `${reader.name.padEnd(12)} ${formatCount(result.inputs).padStart(9)} inputs ${result.seconds.toFixed(1).padStart(7)} s  ${fault ? 'FAULT' : 'ok'}`,
  )
  if (!fault) continue
  faults++
  console.log(`  ${fault.reason}\n  ${fault.input}\n  again: npm run fuzz -- ${reader.name} ${inputs} --seed ${seed}`)
}
process.exitCode = faults > 0 ? 1 : 0

/** In a thread, which can be ended when an input keeps it for ever. */
async function runInThread(reader: Reader): Promise<FuzzResult> {
  const counter = new SharedArrayBuffer(4)
  const count = new Int32Array(counter)
  const beganAt = performance.now()
  const worker = new Worker(new URL('fuzz/thread.ts', import.meta.url), {
    workerData: { name: reader.name, inputs, seed, counter },
  })
  let seen = 0
  let still = 0
  const hangs = Promise.withResolvers<FuzzResult>()
  const watch = setInterval(() => {
    const now = Atomics.load(count, 0)
    still = now === seen && now > 0 ? still + 1 : 0
    seen = now
    if (still < hangsAfter) return
    const [input] = fc.sample(reader.inputs, { seed, numRuns: now }).slice(-1)
    const fault = { reason: `it hangs for ${hangsAfter} s`, input: show(input) }
    hangs.resolve({ inputs: now, seconds: (performance.now() - beganAt) / 1000, fault })
  }, 1000)
  try {
    return await Promise.race([once(worker, 'message').then(([result]) => result as FuzzResult), hangs.promise])
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}
