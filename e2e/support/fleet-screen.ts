import type { Locator, Page } from '@playwright/test'

/** The screen Fleet: every device of the mesh, and the details of one beside them. */
export class FleetScreen {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** A device in the list, in a state if one is given. */
  row(id: string, state?: 'Online' | 'Offline' | 'Pending'): Locator {
    const row = this.#page
      .getByRole('grid', { name: 'Devices' })
      .getByRole('row')
      .filter({ hasText: id })
    return state === undefined
      ? row
      : row.filter({ has: this.#page.getByRole('gridcell', { name: state, exact: true }) })
  }

  /** Words, or a selector. */
  async search(text: string): Promise<void> {
    await this.#page.getByLabel('Search the fleet').fill(text)
  }

  /** What is wrong with a selector. */
  get problem(): Locator {
    return this.#page.getByRole('alert')
  }

  async open(id: string): Promise<FleetDevice> {
    await this.row(id).click()
    return this.device(id)
  }

  device(id: string): FleetDevice {
    return new FleetDevice(this.#page.getByRole('complementary', { name: `Details of ${id}` }))
  }
}

/** A device of the fleet, with its functions, events and record. */
export class FleetDevice {
  readonly panel: Locator

  constructor(panel: Locator) {
    this.panel = panel
  }

  async showTab(name: 'Overview' | 'Functions' | 'Queue' | 'Events' | 'Record'): Promise<void> {
    await this.panel.getByRole('tab', { name: new RegExp(`^${name}`, 'u') }).click()
  }

  /** Opens a function's form; fill it by the labels of its fields. */
  async openFunction(name: string): Promise<void> {
    await this.showTab('Functions')
    await this.panel.getByRole('button', { name: new RegExp(`^${name}`, 'u') }).click()
  }

  async call(): Promise<void> {
    await this.panel.getByRole('button', { name: 'Call', exact: true }).click()
  }

  /** What the device answered last. */
  get answer(): Locator {
    return this.panel.getByRole('region', { name: 'Answer of the device' })
  }

  /** Events with a name, newest first. */
  events(name: string): Locator {
    return this.panel
      .getByRole('list', { name: 'Events, newest first' })
      .getByRole('listitem')
      .filter({ hasText: name })
  }
}
