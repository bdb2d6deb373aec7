import { useEffect } from 'react'
import { useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '../lib/connection/api-context.ts'

/** Puts the window in the colours of the settings, once main told them and after each change. */
export function useThemeSetting(): void {
  const { queries } = useApi()
  const { data } = useQuery(queries.settings.get.queryOptions())
  const { setColorScheme } = useMantineColorScheme()
  const theme = data?.theme
  useEffect(() => {
    if (theme !== undefined) setColorScheme(theme)
  }, [theme, setColorScheme])
}
