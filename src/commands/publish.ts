import { Flags } from '@oclif/core'
import { publishAndFollow } from '../lib/app/publish.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { besideOriginalFlag, settingFlags } from '../lib/cli/flags.ts'
import { paint } from '../lib/cli/output.ts'
import { askedForNothing, publishScreen, type PublishResult } from '../lib/render/document/publish-screen.ts'
import { terminalText } from '../lib/render/terminal/terminal.ts'
import { ordersWorkload } from '../lib/workloads/orders/index.ts'

export default class Publish extends BaseCommand {
  static override summary = 'Publish orders to the broker, and say when they can be read.'
  static override description = `Publishes generated orders to the subject orders, some of them broken on purpose, and keeps a ledger of what the \
broker acknowledged: "rushbench audit --workload orders --ledger FILE" checks it against the tables. With --target, \
looks for each replica before it publishes, asks it for the orders until they are there, and says how long that took; \
of more than 2,000 orders, it asks for 2,000 spread over all. What is not there --within 60s of the last message is \
missing. Ctrl-C ends it after the messages under way.

Exits with 4 when an order is missing, with 3 when there was none to be read.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --count 1000 --interval 5ms --invalid 10%',
    '<%= config.bin %> <%= command.id %> --count 500 --invalid 100%',
    '<%= config.bin %> <%= command.id %> --count 1000 --broker nats://127.0.0.1:4222 --target http://127.0.0.1:3000 --target http://127.0.0.1:3001',
  ]
  static override flags = {
    target: Flags.string({
      summary: 'replica that the orders are to be readable from; may be repeated',
      multiple: true,
    }),
    ledger: Flags.string({ summary: 'new file for what the broker acknowledged [default: beside the reports]' }),
    ...besideOriginalFlag,
    ...settingFlags('messages', 'interval', 'invalid', 'within', 'broker', 'wire', 'seed', 'reports'),
  }

  async run(): Promise<PublishResult> {
    const { flags } = await this.parse(Publish)
    const { values } = await this.resolveSettings(flags)
    const result = await publishAndFollow(this.context, values, { targets: flags.target ?? [], ledger: flags.ledger })
    const screen = publishScreen(result, flags['beside-original'] ? ordersWorkload.original : null)
    this.log(terminalText({ screen }, paint))
    if (this.signal.aborted) this.endWith('interrupted')
    else if (result.readable.some(({ unreadable }) => unreadable > 0)) this.endWith('auditFailed')
    else if (askedForNothing(result)) this.endWith('thresholdNotMet')
    return result
  }
}
