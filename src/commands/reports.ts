import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'
import { listReports, listText, type ListedReport } from '../lib/render/terminal/list.ts'

export default class Reports extends BaseCommand {
  static override summary = 'List the saved reports, newest first.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --reports nightly --json',
  ]
  static override flags = settingFlags('reports')

  async run(): Promise<ListedReport[]> {
    const { flags } = await this.parse(Reports)
    const { values } = await this.resolveSettings(flags)
    const reports = await listReports(values.reports)
    this.log(reports.length === 0 ? noneYet(values.reports) : listText(reports))
    return reports
  }
}

function noneYet(folder: string): string {
  return `There are no reports in ${folder} yet. Runs save theirs there: "rushbench load --users 100 --duration 30s" makes one, and --reports names another folder.`
}
