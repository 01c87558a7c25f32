// Thread of "npm run fuzz": runs one reader, and counts its inputs in memory that the main thread sees.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { findReader } from './readers.ts'
import { runReader } from './run-reader.ts'

const { name, inputs, seed, counter } = workerData as {
  readonly name: string
  readonly inputs: number
  readonly seed: number
  readonly counter: SharedArrayBuffer
}
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const count = new Int32Array(counter)
const onInput = (number: number): void => void Atomics.store(count, 0, number)
const reader = findReader(name)
if (!reader) throw new TypeError(`there is no reader ${name}`)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
parentPort?.postMessage(await runReader(reader, { inputs, seed, onInput, collectGarbage }))
