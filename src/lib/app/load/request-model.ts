import { modelValues, type RunConfig } from '../../config/resolve.ts'
import { failure } from '../../base/errors/errors.ts'
import type { engineNames } from '../../base/arrivals.ts'
import { readFixedRequest } from '../../load/clients/fixed-request.ts'
import { createModel, type OpenModel, type SaturationModel } from '../../load/engine/model.ts'

export const defaultConnections = 100

/** The flags of a single request. */
export interface RequestFlags {
  readonly header?: string[] | undefined
  readonly body?: string | undefined
  readonly expect?: string | undefined
  readonly connections?: number | undefined
  readonly requests?: number | undefined
  readonly engine?: (typeof engineNames)[number] | undefined
}

/**
 * The load that the flags ask for: at the rate of the settings, or else as fast as connections are answered, for their
 * duration unless the flags say how many requests. Throws `usage-wrong`.
 */
export async function readRequestModel(
  request: string,
  flags: RequestFlags,
  config: RunConfig,
): Promise<SaturationModel | (OpenModel & { readonly send: object })> {
  const { header = [], body, expect, connections, requests, engine = 'rushbench' } = flags
  const send = await readFixedRequest({ line: request, headers: header, body, expect })
  const values = modelValues(config)
  // A rate in a config file may stand there for another day.
  if (values.arrivalRate !== undefined && connections === undefined && requests === undefined) {
    if (engine === 'autocannon') throw noRate()
    const model = createModel(values)
    if (model.kind === 'open') return { ...model, send }
  }
  if (config.settings.burst.origin === 'flag') {
    throw failure('usage-wrong', { reason: 'burst raises a rate; give one with --rate.' })
  }
  return {
    kind: 'saturation',
    engine,
    connections: connections ?? defaultConnections,
    requests: requests ?? null,
    durationMs: requests === undefined ? config.values.duration : null,
    send,
  }
}

function noRate(): Error {
  return failure('usage-wrong', {
    reason:
      'autocannon cannot hold a rate without making up latencies for it; leave out --engine autocannon, or --rate.',
  })
}
