import {
  ActionIcon,
  Button,
  Checkbox,
  createTheme,
  Input,
  InputWrapper,
  Menu,
  Modal,
  NavLink,
  Notification,
  NumberInput,
  PasswordInput,
  Popover,
  Radio,
  SegmentedControl,
  Select,
  Skeleton,
  Switch,
  Tabs,
  Textarea,
  TextInput,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core'

const ink: MantineColorsTuple = [
  '#eff3ff',
  '#dfe6fc',
  '#bccaf6',
  '#98adf1',
  '#7a95ec',
  '#6584e6',
  '#4f70df',
  '#3c5bd0',
  '#3350b9',
  '#2841a0',
]

const gray: MantineColorsTuple = [
  '#f7f8fa',
  '#f0f2f5',
  '#e5e8ed',
  '#d6dae1',
  '#bcc3cd',
  '#949dab',
  '#646e7d',
  '#4a5361',
  '#2f3742',
  '#1a1f26',
]

const dark: MantineColorsTuple = [
  '#dde1e7',
  '#b9c0ca',
  '#98a1ae',
  '#737d8c',
  '#3a424d',
  '#2c323b',
  '#20252c',
  '#15181d',
  '#101216',
  '#0b0d10',
]

const green: MantineColorsTuple = [
  '#e9f8f0',
  '#d3efdf',
  '#a6dfbf',
  '#74cd9b',
  '#4cbe7d',
  '#32b06a',
  '#1f9d59',
  '#16804a',
  '#12683c',
  '#0c5130',
]

/** One look for every part of the window: small type, tight rows, few colours. */
export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 7 },
  colors: { ink, gray, dark, green },
  white: '#ffffff',
  black: '#1a1f26',
  fontFamily: "'Inter Variable', 'Inter', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.35' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '0.25rem', sm: '0.375rem', md: '0.5rem', lg: '0.75rem', xl: '1rem' },
  defaultRadius: 'sm',
  shadows: {
    xs: '0 1px 2px rgb(16 24 40 / 5%)',
    sm: '0 1px 3px rgb(16 24 40 / 8%), 0 1px 2px rgb(16 24 40 / 6%)',
    md: '0 6px 16px -4px rgb(16 24 40 / 12%), 0 2px 6px -2px rgb(16 24 40 / 8%)',
    lg: '0 16px 32px -8px rgb(16 24 40 / 18%), 0 4px 10px -4px rgb(16 24 40 / 10%)',
    xl: '0 24px 48px -12px rgb(16 24 40 / 24%)',
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'sm' } }),
    Input: Input.extend({ defaultProps: { size: 'sm' } }),
    InputWrapper: InputWrapper.extend({ defaultProps: { size: 'sm' } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', withinPortal: true } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, radius: 'md', closeButtonProps: { 'aria-label': 'Close' } },
    }),
    NavLink: NavLink.extend({ defaultProps: { variant: 'subtle' } }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } },
    }),
    // A number out of bounds is told of, not changed in silence: what was typed goes to a device.
    NumberInput: NumberInput.extend({ defaultProps: { size: 'sm', clampBehavior: 'none' } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'sm' } }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', radius: 'md' } }),
    Radio: Radio.extend({ defaultProps: { size: 'sm' } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'xs' } }),
    Select: Select.extend({ defaultProps: { size: 'sm', checkIconPosition: 'right' } }),
    Skeleton: Skeleton.extend({ defaultProps: { radius: 'sm' } }),
    Switch: Switch.extend({ defaultProps: { size: 'sm' } }),
    Tabs: Tabs.extend({ defaultProps: { keepMounted: false } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: false, fz: 'xs' } }),
  },
})

/** Lets Mantine's own parts draw with the tokens of theme.css. */
export const cssVariables: CSSVariablesResolver = () => {
  const both = {
    '--mantine-color-body': 'var(--m-canvas)',
    '--mantine-color-text': 'var(--m-text)',
    '--mantine-color-dimmed': 'var(--m-muted)',
    '--mantine-color-default': 'var(--m-raised)',
    '--mantine-color-default-hover': 'var(--m-hover-solid)',
    '--mantine-color-default-color': 'var(--m-text)',
    '--mantine-color-default-border': 'var(--m-line-strong)',
    '--mantine-color-placeholder': 'var(--m-muted)',
    '--mantine-color-anchor': 'var(--m-accent-text)',
    '--mantine-color-error': 'var(--m-bad)',
  }
  return { variables: {}, light: both, dark: both }
}
