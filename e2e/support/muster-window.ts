import { expect, type Locator, type Page } from '@playwright/test'
import { CommissionScreen } from './commission-screen.ts'
import { FirstRun } from './first-run.ts'
import { FleetScreen } from './fleet-screen.ts'

/** Muster's window in the words of those who use it; the same in a browser and in Electron. */
export class MusterWindow {
  readonly page: Page
  readonly firstRun: FirstRun
  readonly commission: CommissionScreen
  readonly fleet: FleetScreen

  constructor(page: Page) {
    this.page = page
    this.firstRun = new FirstRun(page)
    this.commission = new CommissionScreen(page)
    this.fleet = new FleetScreen(page)
  }

  /** Goes to a screen by the rail. */
  async go(
    screen: 'Audit' | 'Commission' | 'Credentials' | 'Fleet' | 'Keys' | 'Settings' | 'Tenants',
  ): Promise<void> {
    await this.page
      .getByRole('navigation', { name: 'Screens' })
      .getByRole('link', { name: new RegExp(`^${screen}`, 'u') })
      .click()
    await this.heading(screen).waitFor()
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true, level: 1 })
  }

  /** The mesh in the top bar, in a state. */
  mesh(state: 'Connected' | 'Reconnecting' | 'Failed'): Locator {
    return this.page.getByRole('button', { name: new RegExp(`^Mesh .*, ${state}$`, 'u') })
  }

  /** The dot for everything. */
  health(state: 'OK' | 'Degraded' | 'Failed'): Locator {
    return this.page.getByRole('button', { name: `Health: ${state}`, exact: true })
  }

  /** A notice that came up by itself. */
  notice(title: string): Locator {
    return this.page.getByRole('alert').filter({ hasText: title })
  }

  /** Chooses the window's colours, on the screen Settings. */
  async chooseColours(colours: 'Light' | 'Dark'): Promise<void> {
    const group = this.page.getByRole('radiogroup', { name: 'Colours' })
    await group.getByText(colours, { exact: true }).click()
    await expect(this.page.locator('html')).toHaveAttribute(
      'data-mantine-color-scheme',
      colours.toLowerCase(),
    )
  }

  /** Says that the window has lost Muster. */
  get connectionLost(): Locator {
    return this.page.getByText('Connection to Muster lost, reconnecting…')
  }
}
