import type { ComponentProps } from 'react';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import './button.css';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: IconName;
  /** Shows only the icon; `children` becomes its name. */
  readonly iconOnly?: boolean;
}

export const Button = ({
  look = 'plain',
  icon,
  iconOnly = false,
  children,
  className,
  ...rest
}: ButtonProps) => (
  <button
    type="button"
    {...rest}
    className={`button ${look} ${iconOnly ? 'icon-only' : ''} ${className ?? ''}`}
    {...(iconOnly && typeof children === 'string' ? { title: rest.title ?? children } : {})}
  >
    {icon !== undefined && <Icon name={icon} />}
    <span className={iconOnly ? 'visually-hidden' : undefined}>{children}</span>
  </button>
);
