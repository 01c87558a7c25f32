import { Args, Flags } from '@oclif/core'
import { sendTickets, type SentTickets } from '../lib/app/send-tickets.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'

export default class SendTicket extends BaseCommand {
  static override summary = 'Send receipts to the API of tickets, and say what became of each.'
  static override description = `Sends each file as it is, one after the other, to POST /ticket. A receipt that cannot be read is taken, too: it is kept \
whole, with the reason. The package has receipts of both kinds in fixtures/tickets.

Exits with 3 when a receipt was refused, or nobody said that it was taken. Sent again, it is stored once.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> fixtures/tickets/good/plain.txt',
    '<%= config.bin %> <%= command.id %> fixtures/tickets/broken/*.txt --json',
    '<%= config.bin %> <%= command.id %> receipt.txt --target http://127.0.0.1:8080',
  ]
  static override strict = false
  static override args = {
    files: Args.string({ description: 'receipts to send', multiple: true, required: true }),
  }
  static override flags = {
    target: Flags.string({ summary: 'the API', default: 'http://127.0.0.1:3000' }),
    'allow-remote': Flags.boolean({ summary: 'send to a target that is not on this machine; it must be yours' }),
    ...settingFlags('timeout'),
  }

  async run(): Promise<SentTickets> {
    const { args, flags } = await this.parse(SendTicket)
    const { values } = await this.resolveSettings(flags)
    const { target, 'allow-remote': allowRemote } = flags
    const result = await sendTickets(this.context, values, { files: args.files, target, allowRemote })
    if (this.signal.aborted) this.endWith('interrupted')
    else if (result.tickets.some(({ taken }) => !taken)) this.endWith('thresholdNotMet')
    return result
  }
}
