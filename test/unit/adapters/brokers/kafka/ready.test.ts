import { ProtocolError } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { untilReady } from '../../../../../src/lib/adapters/brokers/kafka/client.ts'
import { failure } from '../../../../../src/lib/base/errors/errors.ts'

/** As the client wraps what the server has sent, and as we do. */
function refusal(name: string): Error {
  const sent = new AggregateError([new ProtocolError(name)], 'Executing API failed.')
  return failure('broker-unreachable', { url: 'kafka://h', reason: sent.message }, sent)
}

describe('untilReady', () => {
  const failing = (times: number, error: Error) => {
    let tries = 0
    return async () => {
      if (++tries <= times) throw error
      return tries
    }
  }

  it('asks a server again that loads what it knows of groups', async () => {
    expect(await untilReady(failing(2, refusal('COORDINATOR_LOAD_IN_PROGRESS')))).toBe(3)
  })

  it('gives up when the time is over, and at once where nothing will change', async () => {
    const loading = refusal('COORDINATOR_LOAD_IN_PROGRESS')
    await expect(untilReady(failing(1, loading), 0)).rejects.toBe(loading)
    for (const error of [refusal('GROUP_AUTHORIZATION_FAILED'), new Error('connect ECONNREFUSED')])
      await expect(untilReady(failing(1, error))).rejects.toBe(error)
  })
})
