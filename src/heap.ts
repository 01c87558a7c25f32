import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8's young generation grow again, as it does unless bin/run.js says otherwise: for commands that make garbage all
 * the time, where collecting it rarely is worth the memory.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
}
