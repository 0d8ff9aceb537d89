import { Button } from './button.tsx';
import { Modal } from './modal.tsx';

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export const Confirm = ({ title, text, action, onConfirm, onClose }: ConfirmProps) => (
  <Modal label={title} className="ask" onClose={onClose}>
    <h2>{title}</h2>
    <p>{text}</p>
    <div className="choices">
      <Button autoFocus onClick={onClose}>
        Keep it
      </Button>
      <Button
        look="danger"
        onClick={() => {
          onClose();
          onConfirm();
        }}
      >
        {action}
      </Button>
    </div>
  </Modal>
);
