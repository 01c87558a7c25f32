import { afterAll, describe, it } from 'vitest'
import { startPrivateService } from '../../../support/private-service.ts'
import { expectNothingLostByRestart, expectToOutlastAPause } from '../../../support/broker/restart-contract.ts'

for (const name of ['nats', 'kafka'] as const) {
  const server = await startPrivateService(name)
  afterAll(() => server?.[Symbol.asyncDispose]())

  describe.skipIf(server === null)(`${name} that is away`, { timeout: 180_000 }, () => {
    it('is outlasted when it hangs', async () => {
      await expectToOutlastAPause(server!)
    })

    it('has lost nothing that it acknowledged when it is killed, and all of it is handled', async () => {
      await expectNothingLostByRestart(server!)
    })
  })
}
