import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';
import './notice.css';

interface NoticeProps {
  readonly tone: 'bad' | 'warn';
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** Something the reader must know, where it matters. */
export const Notice = ({ tone, children, action }: NoticeProps) => (
  <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    <Icon name="warning" />
    <div>{children}</div>
    {action}
  </div>
);
