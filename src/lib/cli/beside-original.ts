import { Flags } from '@oclif/core'
import type { Settings } from '../config/settings.ts'
import { failure } from '../base/errors/errors.ts'

/** The flag that shows figures of the program that a workload is modelled on; most people know nothing of it. */
export const besideOriginalFlag = {
  'beside-original': Flags.boolean({
    summary: 'show beside the figures what was measured of the program that the workload is modelled on, and where',
  }),
}

/** Throws `usage-wrong` for a person's own scenario, or a request to a target of their own. */
export function requireOriginal(request: string | undefined, { scenario, target }: Settings): void {
  if (scenario === undefined && (request === undefined || target === undefined)) return
  throw failure('usage-wrong', {
    reason: 'Only built-in workloads have an original to show: leave out --beside-original.',
  })
}
