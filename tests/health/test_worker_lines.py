"""What the worker writes down while it does a task has the task's id."""

from flask import Flask

from portal.logs import REFERENCE
from portal.worker import make_huey


def test_lines_of_a_task_have_its_id(app: Flask) -> None:
    queue = make_huey(app)
    ids: list[str] = []

    @queue.task()
    def look() -> None:
        ids.append(REFERENCE.get())

    tasks = [look.s(), look.s()]
    for task in tasks:
        queue.execute(task)
    queue.storage.close()
    REFERENCE.set("")
    assert ids == [task.id for task in tasks]
    assert ids[0] != ids[1]
