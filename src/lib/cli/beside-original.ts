import { Flags } from '@oclif/core'

/** The flag that shows figures of the program that a workload is modelled on; most people know nothing of it. */
export const besideOriginalFlag = {
  'beside-original': Flags.boolean({
    summary: 'show beside the figures what was measured of the program that the workload is modelled on, and where',
  }),
}
