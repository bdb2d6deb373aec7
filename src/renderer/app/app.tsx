import { useState } from 'react'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ApiContext } from '../lib/connection/api-context.ts'
import type { Api } from '../lib/connection/client.ts'
import { cssVariables, theme } from '../ui/theme.ts'
import { createQueryClient } from './query-client.ts'
import { createAppRouter } from './routes.tsx'

const NOTICE_CLOSES_AFTER_MS = 8_000
const MAX_NOTICES_SHOWN = 4

/** The whole window over one way to main. */
export function App({ api }: { api: Api }) {
  const [queryClient] = useState(createQueryClient)
  const [router] = useState(createAppRouter)
  return (
    <ApiContext value={api}>
      <QueryClientProvider client={queryClient}>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={cssVariables}
          defaultColorScheme="auto"
        >
          <RouterProvider router={router} />
          <Notifications
            position="bottom-right"
            autoClose={NOTICE_CLOSES_AFTER_MS}
            limit={MAX_NOTICES_SHOWN}
          />
        </MantineProvider>
      </QueryClientProvider>
    </ApiContext>
  )
}
