import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 take the memory that it takes unless bin/run.js says otherwise: for commands that make garbage all the time,
 * where collecting it rarely is worth the memory.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--no-optimize-for-size')
  setFlagsFromString('--semi-space-growth-factor=2')
}
