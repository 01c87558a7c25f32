import { ErrorReply, MultiErrorReply } from 'redis'
import { expect, it } from 'vitest'
import { whyFailed } from '../../../src/lib/queue/client.ts'

it('says why the first of several commands failed', () => {
  const wrongType = new ErrorReply('WRONGTYPE Operation against a key holding the wrong kind of value')
  expect(whyFailed(new MultiErrorReply([wrongType], [0]))).toBe(wrongType.message)
  expect(whyFailed(wrongType)).toBe(wrongType.message)
  expect(whyFailed(new Error('no answer for 5 s'))).toBe('no answer for 5 s')
})
