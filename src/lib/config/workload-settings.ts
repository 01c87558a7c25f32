import { z } from 'zod'
import { setting } from './setting.ts'
import { texts } from './values.ts'

/** Which built-in system, and what only some of them ask for. */
export const workloadSettings = {
  workload: setting({
    schema: z.string().regex(/^[a-z]+$/),
    default: 'vaccination',
    summary: 'the built-in system; "rushbench workloads" lists them',
    allowed: 'the name of a workload',
    char: 'w',
  }),
  mix: setting({
    schema: texts.refine((names) => names.length > 0),
    default: undefined,
    summary: "which of the workload's scenarios users run; all of them, each by its weight, unless named",
    allowed: 'names of scenarios with commas, as in the documentation of the workload',
  }),
  broker: setting({
    schema: z.string().regex(/^(sqlite|nats|kafka):.+$/s),
    default: 'sqlite:.rushbench/broker.db',
    summary: 'where workloads with messages send them; a file by default',
    allowed: 'sqlite:PATH, nats://host:port, kafka://host:port',
    secretUrl: true,
  }),
}
