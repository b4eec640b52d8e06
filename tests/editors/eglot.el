;;; Drives Emacs with eglot the way a user's keys would -*- lexical-binding: t -*-
;;; Writes what was seen to $UNLAG_SEEN as JSON.
(require 'package)
(package-initialize)
(require 'eglot)
(require 'json)

(defvar seen nil)

(defun note (key value) (push (cons key value) seen))

(defun finish ()
  (with-temp-file (getenv "UNLAG_SEEN") (insert (json-encode seen))))

(defun wait (what condition)
  (let ((tries 0) value)
    (while (and (not (setq value (funcall condition))) (< tries 1200))
      (accept-process-output nil 0.05)
      (setq tries (1+ tries)))
    (unless value
      (note 'error (format "nothing came of: %s" what))
      (finish)
      (kill-emacs 1))
    value))

(setq eglot-server-programs
      `((python-mode . (,(getenv "UNLAG_PYTHON") "-m" "unlag" "server")))
      eglot-sync-connect 30
      eglot-confirm-server-initiated-edits nil
      make-backup-files nil)
(cd (getenv "UNLAG_ROOT"))
(find-file (getenv "UNLAG_FILE"))
(python-mode)
(apply #'eglot (eglot--guess-contact))
(wait "the server managing this buffer" (lambda () (eglot-managed-p)))

(let ((diagnostic (wait "diagnostics" (lambda () (flymake-start) (car (flymake-diagnostics))))))
  (note 'diagnostic (flymake-diagnostic-text diagnostic))
  (goto-char (flymake-diagnostic-beg diagnostic))
  (note 'line (line-number-at-pos))
  (let ((hover (jsonrpc-request (eglot-current-server) :textDocument/hover
                                (eglot--TextDocumentPositionParams))))
    (note 'hover (eglot--hover-info (plist-get hover :contents) (plist-get hover :range))))
  (let* ((actions (eglot-code-actions (flymake-diagnostic-beg diagnostic)
                                      (flymake-diagnostic-end diagnostic)))
         (chosen (seq-find (lambda (action)
                             (string-search (getenv "UNLAG_FIX") (plist-get action :title)))
                           actions)))
    (note 'fix (plist-get chosen :title))
    (let ((edit (or (plist-get chosen :edit)
                    (plist-get (jsonrpc-request (eglot-current-server) :codeAction/resolve chosen)
                               :edit))))
      (eglot--apply-workspace-edit edit nil))))
(wait "the fixed text" (lambda () (buffer-modified-p)))
(save-buffer)
(wait "a clean file" (lambda () (flymake-start) (null (flymake-diagnostics))))
(note 'clean t)
(eglot-shutdown (eglot-current-server))
(finish)
