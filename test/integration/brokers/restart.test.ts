import { afterAll, describe, it } from 'vitest'
import { startPrivateService } from '../../private-service.ts'
import { expectNothingLostByRestart } from './restart-contract.ts'

for (const name of ['nats', 'kafka'] as const) {
  const server = await startPrivateService(name)
  afterAll(() => server?.[Symbol.asyncDispose]())

  describe.skipIf(server === null)(`${name} that is killed and started again`, () => {
    it('has lost nothing that it acknowledged, and all of it is handled', { timeout: 180_000 }, async () => {
      await expectNothingLostByRestart(server!)
    })
  })
}
