-- Drives Neovim the way a user's keys would; writes what was seen to $UNLAG_SEEN as JSON.
local seen = {}

local function wait(what, condition)
  if not vim.wait(60000, condition, 50) then
    seen.error = "nothing came of: " .. what
    vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.UNLAG_SEEN)
    vim.cmd("cquit 1")
  end
end

vim.cmd("edit " .. vim.env.UNLAG_FILE)
local client = vim.lsp.start_client({
  name = "unlag",
  cmd = { vim.env.UNLAG_PYTHON, "-m", "unlag", "server" },
  root_dir = vim.env.UNLAG_ROOT,
})
vim.lsp.buf_attach_client(0, client)

wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
local diagnostic = vim.diagnostic.get(0)[1]
seen.diagnostic = { code = diagnostic.code, message = diagnostic.message, line = diagnostic.lnum + 1 }

vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, diagnostic.col })
vim.lsp.buf.hover()
wait("hover", function()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      seen.hover = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), "\n")
      vim.api.nvim_win_close(window, true)
      return true
    end
  end
end)

vim.ui.select = function(items, _, choose)
  for _, item in ipairs(items) do
    local title = item[2].title
    if title:find(vim.env.UNLAG_FIX, 1, true) then
      seen.fix = title
      return choose(item)
    end
  end
end
vim.lsp.buf.code_action()
wait("the fixed text", function() return vim.bo.modified end)
vim.cmd("silent write")
wait("a clean file", function() return #vim.diagnostic.get(0) == 0 end)
seen.clean = true

vim.lsp.stop_client(client)
wait("the server's end", function() return vim.lsp.client_is_stopped(client) end)
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.UNLAG_SEEN)
vim.cmd("quitall!")
