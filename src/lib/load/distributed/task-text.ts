import type { RunIdentity } from '../../queue/run-identity.ts'
import { loadTask, type LoadTask, type WrittenLoadTask } from './load-part.ts'

const signatureLength = 64

/** A load as it lies on the queue: the run's signature of its JSON, in hexadecimal, then that JSON. */
export function signedTask(task: WrittenLoadTask, run: RunIdentity): Buffer {
  const text = JSON.stringify(task)
  return Buffer.from(run.sign(['task', text]).toString('hex') + text)
}

/** Reads what `signedTask` made. Throws Error with the reason why it is none, and ZodError for what no load may ask for. */
export function readTask(bytes: Buffer, run: RunIdentity): LoadTask {
  const signature = Buffer.from(bytes.toString('latin1', 0, signatureLength), 'hex')
  const text = bytes.subarray(signatureLength)
  if (!run.isSigned(signature, ['task', text])) throw new Error('it is not what the coordinator has put there')
  return loadTask.parse(JSON.parse(text.toString()))
}
