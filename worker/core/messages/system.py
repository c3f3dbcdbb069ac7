"""What the system says of a file or a connection, in Japanese."""

from __future__ import annotations

from typing import Final

SYSTEM_FAULTS: Final[dict[str, str]] = {
    "No such file or directory": "ファイルかフォルダがありません",
    "Permission denied": "アクセス権がありません",
    "Operation not permitted": "許可されていません",
    "Is a directory": "フォルダです",
    "Not a directory": "途中の名前がフォルダではありません",
    "File exists": "同じ名前のものがすでにあります",
    "File name too long": "名前が長すぎます",
    "Too many levels of symbolic links": "リンクが循環しています",
    "No space left on device": "ディスクの空き容量がありません",
    "Disk quota exceeded": "割り当てられた容量を使い切っています",
    "Read-only file system": "書き込めない領域です",
    "Input/output error": "ディスクの読み書きに失敗しました",
    "Too many open files": "開いているファイルが多すぎます",
    "Cannot allocate memory": "メモリが足りません",
    "Stale file handle": "共有フォルダの接続が切れています",
    "Host is down": "相手のサーバーが停止しています",
    "No route to host": "相手のサーバーに届きません",
    "Network is unreachable": "ネットワークに届きません",
    "Connection refused": "接続を受け付けていません",
    "Connection reset by peer": "接続が切れました",
    "Connection timed out": "応答がありません（時間切れ）",
}
"""By the words of ``strerror`` on Linux."""
