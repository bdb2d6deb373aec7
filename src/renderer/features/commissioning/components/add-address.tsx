import { useState } from 'react'
import { Button, Popover, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useAddAddress } from '../api/add-address.ts'

/** Adds a device that mDNS does not show, by where it answers. */
export function AddAddress({ onAdded }: { onAdded: (key: string) => void }) {
  const [open, setOpen] = useState(false)
  const [address, setAddress] = useState('')
  const add = useAddAddress()
  const submit = () => {
    if (address.trim() === '') return
    add.mutate(
      { address: address.trim() },
      {
        onSuccess: ({ key }) => {
          setOpen(false)
          setAddress('')
          onAdded(key)
        },
      },
    )
  }
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      onClose={add.reset}
      position="bottom-end"
      width={360}
      trapFocus
    >
      <Popover.Target>
        <Button
          variant="default"
          size="md"
          leftSection={<IconPlus size={17} />}
          onClick={() => setOpen((before) => !before)}
        >
          Add by address
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          style={{ display: 'flex', flexDirection: 'column', gap: 12 }}
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <TextInput
            label="Address of the device"
            description="For a device that does not show by itself: host, host:port or URL."
            placeholder="192.168.1.31:5540"
            value={address}
            maxLength={300}
            spellCheck={false}
            data-autofocus
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          {add.isError && <ProblemNotice problem={problemOf(add.error)} />}
          <Button type="submit" loading={add.isPending} disabled={address.trim() === ''}>
            Add
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
