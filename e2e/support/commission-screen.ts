import type { Locator, Page } from '@playwright/test'

/** The screen Commission: the devices that wait, and the details of one beside them. */
export class CommissionScreen {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** A device in the list of those that wait. */
  waiting(id: string): Locator {
    return this.#page
      .getByRole('list', { name: 'Waiting devices' })
      .getByRole('button', { name: id })
  }

  async select(id: string): Promise<DeviceDetails> {
    await this.waiting(id).click()
    return this.details(id)
  }

  details(id: string): DeviceDetails {
    return new DeviceDetails(this.#page.getByRole('complementary', { name: `Details of ${id}` }))
  }

  async addByAddress(address: string): Promise<void> {
    await this.#page.getByRole('button', { name: 'Add by address' }).click()
    await this.#page.getByLabel('Address of the device').fill(address)
    await this.#page.getByRole('button', { name: 'Add', exact: true }).click()
  }

  /** The whole way of one device that waits, with what its label says, until it is online. */
  async commission(id: string, pin: string): Promise<DeviceDetails> {
    const details = await this.select(id)
    await details.commission(pin)
    await details.online(id).waitFor()
    return details
  }
}

/** A device beside the list: what it says, its PIN, and how its commissioning goes. */
export class DeviceDetails {
  readonly panel: Locator

  constructor(panel: Locator) {
    this.panel = panel
  }

  get pin(): Locator {
    return this.panel.getByLabel('PIN')
  }

  get submit(): Locator {
    return this.panel.getByRole('button', { name: 'Commission', exact: true })
  }

  /** What went wrong, in the words for the person. */
  get problem(): Locator {
    return this.panel.getByRole('alert')
  }

  get tryAgain(): Locator {
    return this.panel.getByRole('button', { name: 'Try again' })
  }

  get cancel(): Locator {
    return this.panel.getByRole('button', { name: 'Cancel' })
  }

  /** A step of the commissioning, by what it does. */
  step(name: string): Locator {
    return this.panel.getByRole('listitem').filter({ hasText: name })
  }

  online(id: string): Locator {
    return this.panel.getByText(`${id} is online`, { exact: true })
  }

  /** Types the PIN key by key, so that the page alone holds it, and starts. */
  async commission(pin: string): Promise<void> {
    await this.pin.pressSequentially(pin)
    await this.submit.click()
  }
}
